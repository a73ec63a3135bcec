"""Reading the XML documents of market sources.

Python's own expat with two rules is enough here, and one dependency less than defusedxml: a
document type declaration is refused, and with it every entity (billion laughs, external
files), and so are documents of more elements than a year of quarter hours has.
"""

from typing import Final, Never
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from wattyard.tariffs.feeds.failures import FeedUnreadable

_MOST_ELEMENTS: Final = 100_000


def read_xml(body: bytes) -> Element:
    """Parse a document; tags are local names, without their namespaces, attributes left out.

    Raises:
        FeedUnreadable: when it is not well-formed, declares a document type, or is too large.
    """
    elements = _Elements()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = elements.start
    parser.EndElementHandler = elements.end
    parser.CharacterDataHandler = elements.builder.data
    try:
        parser.Parse(body, True)  # noqa: FBT003 - expat takes "this is the last part" by position
    except (expat.ExpatError, LookupError, ValueError) as wrong:
        raise FeedUnreadable(f"the document is not XML: {str(wrong)[:100]}") from wrong
    return elements.builder.close()


class _Elements:
    """Builds the tree and counts."""

    def __init__(self) -> None:
        self.builder = TreeBuilder()
        self._count = 0

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > _MOST_ELEMENTS:
            raise FeedUnreadable(f"the document has more than {_MOST_ELEMENTS} elements")
        self.builder.start(_local(name), {})

    def end(self, name: str) -> None:
        self.builder.end(_local(name))


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _refuse_doctype(*_declared: object) -> Never:
    raise FeedUnreadable("the document declares a document type, which none of its kind does")
