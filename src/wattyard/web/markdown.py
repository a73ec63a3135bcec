"""Markdown as HTML: headings with anchors, links between documents, highlighted code."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from wattyard.web.library import anchor

_FORMATTER: Final = HtmlFormatter(nowrap=True)

Located = Callable[[Path], str | None]
"""Where the document of a file is served; None where it is not."""


def coloured(code: str, language: str) -> Markup:
    """Mark the words of a piece of code; a language that is not known stays plain."""
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return escape(code)
    return Markup(highlight(code, lexer, _FORMATTER))  # noqa: S704 (Pygments escapes)


def block(code: str, language: str) -> Markup:
    """A piece of code as a block."""
    return Markup('<pre class="code"><code>{}</code></pre>').format(
        coloured(code.rstrip("\n"), language)
    )


def inline(text: str) -> Markup:
    """A sentence or two with code and emphasis in it."""
    return Markup(_PLAIN.renderInline(" ".join(text.split())))  # noqa: S704 (HTML in it is escaped)


def prose(text: str) -> Markup:
    """Paragraphs and lists."""
    return Markup(_PLAIN.render(text))  # noqa: S704 (HTML in it is escaped)


def page(text: str, file: Path, located: Located) -> Markup:
    """A whole document; `file` is where it is written, for links that are relative to it."""
    tokens = _PLAIN.parse(text)
    for number, token in enumerate(tokens):
        if token.type == "heading_open":
            parts = tokens[number + 1].children or []
            token.attrSet("id", anchor("".join(part.content for part in parts)))
        for part in token.children or ():
            if part.type == "link_open":
                _point(part, file, located)
    html = _PLAIN.renderer.render(tokens, _PLAIN.options, {})
    return Markup(html)  # noqa: S704 (HTML in it is escaped)


def _point(link: Token, file: Path, located: Located) -> None:
    """Let a link to another document lead to its page; to what is not served, nowhere."""
    target, _, fragment = str(link.attrGet("href") or "").partition("#")
    if not target or "://" in target or target.startswith("mailto:"):
        return
    place = located((file.parent / target).resolve())
    if place is None:
        link.attrs.pop("href")
        return
    link.attrSet("href", place + (f"#{fragment}" if fragment else ""))


def _fence(_: object, tokens: list[Token], index: int, *__: object) -> str:
    token = tokens[index]
    return str(block(token.content, token.info.strip().partition(" ")[0]))


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    reader.add_render_rule("fence", _fence)
    rules: Mapping[str, str] = {
        "table_open": '<div class="wide"><table>',
        "table_close": "</table></div>",
    }
    for rule, tag in rules.items():
        reader.add_render_rule(rule, _constant(tag))
    return reader


def _constant(html: str) -> Callable[..., str]:
    return lambda *_: html


_PLAIN: Final = _reader()
