"""The documentation as one page for people: no script, no font, nothing from elsewhere."""

import base64
import json
from collections import defaultdict
from hashlib import sha256
from html import escape
from typing import Any, Final

Json = dict[str, Any]

_STYLE: Final = """
:root{color-scheme:light dark;--ink:#1c2430;--paper:#fff;--soft:#f3f5f8;--line:#d9dfe7;
--mark:#0b6e4f}
@media(prefers-color-scheme:dark){:root{--ink:#e3e8ef;--paper:#12161c;--soft:#1b212a;--line:#2f3845;
--mark:#5fd3a8}}
*{box-sizing:border-box}body{margin:0;font:16px/1.55 system-ui,sans-serif;color:var(--ink);
background:var(--paper);display:grid;grid-template-columns:minmax(13rem,18rem) 1fr}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1.5rem 1rem;background:var(--soft);
border-right:1px solid var(--line);font-size:.88rem}
nav a{display:block;color:inherit;text-decoration:none;padding:.15rem 0;white-space:nowrap;
overflow:hidden;text-overflow:ellipsis}nav a:hover{color:var(--mark)}
nav h2{font-size:.78rem;text-transform:uppercase;letter-spacing:.06em;margin:1.2rem 0 .3rem}
main{padding:2rem 2.5rem 6rem;max-width:64rem;min-width:0}h1{margin-top:0}
article{border-top:1px solid var(--line);padding:1.5rem 0}
article h3{font:600 1.05rem/1.4 ui-monospace,monospace;margin:0 0 .4rem;overflow-wrap:anywhere}
.method{color:var(--mark);margin-right:.5rem}table{border-collapse:collapse;width:100%;
margin:.6rem 0;font-size:.92rem}td,th{text-align:left;vertical-align:top;
padding:.35rem .8rem .35rem 0;border-bottom:1px solid var(--line)}
code{font-family:ui-monospace,monospace;font-size:.9em}
pre{background:var(--soft);border:1px solid var(--line);border-radius:6px;padding:.8rem 1rem;
overflow:auto;font-size:.85rem;line-height:1.45}summary{cursor:pointer;margin:.4rem 0}
@media(max-width:50rem){body{display:block}nav{position:static;height:auto}main{padding:1.5rem}}
"""
STYLE_HASH: Final = "sha256-" + base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
"""Names the page's style to the browser (Content Security Policy Level 3)."""


_INTRODUCTION: Final = (
    "<p>Get a token with your account id and secret key, then send it as "
    "<code>Authorization: Bearer …</code>. The machine-readable form of this page is "
    '<a href="/openapi.json">/openapi.json</a>.</p>'
)


def page(document: Json) -> str:
    """Write the page of an OpenAPI document."""
    groups: dict[str, list[tuple[str, str, Json]]] = defaultdict(list)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups[operation["tags"][0]].append((method.upper(), path, operation))
    info = document["info"]
    return "".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<title>{escape(info['title'])} API</title><style>{_STYLE}</style></head><body>",
            _index(groups),
            f"<main><h1>{escape(info['title'])} API</h1>",
            f"<p>{_prose(info['description'])}</p>",
            _INTRODUCTION,
            *(_article(*entry, document) for group in groups.values() for entry in group),
            "</main></body></html>",
        ]
    )


def _index(groups: dict[str, list[tuple[str, str, Json]]]) -> str:
    parts = ["<nav>"]
    for group, entries in groups.items():
        parts.append(f"<h2>{escape(group)}</h2>")
        parts += [
            f'<a href="#{operation["operationId"]}" title="{escape(operation["summary"])}">'
            f'<span class="method">{method}</span>{escape(path)}</a>'
            for method, path, operation in entries
        ]
    return "".join([*parts, "</nav>"])


def _article(method: str, path: str, operation: Json, document: Json) -> str:
    parts = [
        f'<article id="{operation["operationId"]}">',
        f'<h3><span class="method">{method}</span>{escape(path)}</h3>',
        f"<p>{_prose(operation['summary'])}</p>",
    ]
    if "description" in operation:
        parts += [f"<p>{_prose(part)}</p>" for part in operation["description"].split("\n\n")]
    parts.append(_parameters(operation["parameters"]))
    if "requestBody" in operation:
        parts.append(_body(operation["requestBody"], document))
    refused: list[tuple[str, str]] = []
    for status, answer in operation["responses"].items():
        if status < "300":
            parts.append(_example(f"Answer {status}", answer.get("content", {})))
        else:
            lines = answer["description"].splitlines()
            refused += [(status, line[2:]) for line in lines if line.startswith("* ")]
    rows = "".join(f"<tr><td>{status}</td><td>{_prose(text)}</td></tr>" for status, text in refused)
    parts.append(f"<details><summary>Errors</summary><table>{rows}</table></details></article>")
    return "".join(parts)


def _parameters(parameters: list[Json]) -> str:
    if not parameters:
        return ""
    rows = "".join(
        f"<tr><td><code>{escape(p['name'])}</code></td><td>{p['in']}</td>"
        f"<td>{_kind(_bare(p['schema']))}</td><td>{_prose(p.get('description', ''))}</td></tr>"
        for p in parameters
    )
    return f"<table><tr><th>parameter</th><th>in</th><th>value</th><th></th></tr>{rows}</table>"


def _body(body: Json, document: Json) -> str:
    content = body["content"]["application/json"]
    name = content["schema"].get("$ref", "").rpartition("/")[2]
    schema = document["components"]["schemas"].get(name, content["schema"])
    required = schema.get("required", ())
    rows = "".join(
        f"<tr><td><code>{escape(field)}</code>{' *' if field in required else ''}</td>"
        f"<td>{_kind(part)}</td></tr>"
        for field, part in schema.get("properties", {}).items()
    )
    return f"<table><tr><th>body field (* needed)</th><th>value</th></tr>{rows}</table>" + _example(
        "Body", body["content"]
    )


def _bare(schema: Json) -> Json:
    """Leave out the description, which a parameter shows beside its kind."""
    return {key: value for key, value in schema.items() if key != "description"}


def _kind(schema: Json) -> str:
    if "$ref" in schema:
        return f"<code>{escape(schema['$ref'].rpartition('/')[2])}</code>"
    if "anyOf" in schema:
        return " or ".join(_kind(choice) for choice in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"<code>{escape(json.dumps(value))}</code>" for value in schema["enum"])
    parts = [str(schema.get("type", "value"))]
    if schema.get("type") == "array":
        parts.append(f"of {_kind(schema.get('items', {}))}")
    words = {
        "minimum": "from",
        "maximum": "to",
        "exclusiveMinimum": "above",
        "maxLength": "at most",
        "maxItems": "at most",
        "default": "default",
    }
    parts += [f"{word} {escape(str(schema[key]))}" for key, word in words.items() if key in schema]
    if "description" in schema:
        parts.append(f"({escape(schema['description'])})")
    return " ".join(parts)


def _example(title: str, content: Json) -> str:
    example = content.get("application/json", {}).get("example")
    if example is None:
        return ""
    text = escape(json.dumps(example, indent=2, ensure_ascii=False))
    return f"<details open><summary>{escape(title)}</summary><pre>{text}</pre></details>"


def _prose(text: str) -> str:
    """Escape a text; what stands between backquotes is code."""
    parts = escape(text, quote=False).split("`")
    return "".join(
        f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts)
    )
