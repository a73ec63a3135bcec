"""The parts of a Green Button feed, in the order of the file, and how they refer to one another.

The file is read with expat in pieces, and nothing of it is kept but what `Links` needs. A document
type declaration is refused: the format has none, and entities can make small files huge.
"""

from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, Final
from xml.parsers import expat

from wattyard.kernel.values import dataclass, field

_PIECE_BYTES: Final = 64 * 1024
_UNREAD_LIMIT_BYTES: Final = 1024 * 1024
_TEXT_LIMIT: Final = 4096
_DEPTH_LIMIT: Final = 64
_LINKS_LIMIT: Final = 1000
_QUALITIES_LIMIT: Final = 20
_KINDS: Final = ("UsagePoint", "MeterReading", "ReadingType")
_TYPE_FIELDS: Final = {
    "commodity": "commodity",
    "uom": "unit",
    "flowDirection": "flow_direction",
    "powerOfTenMultiplier": "power_of_ten",
    "intervalLength": "interval_length",
    "accumulationBehaviour": "accumulation",
    "dataQualifier": "qualifier",
    "defaultQuality": "default_quality",
    "kind": "kind",
}


class FeedInvalid(Exception):
    """The file cannot be read past this line; what came before is good."""

    def __init__(self, code: str, message: str, line: int) -> None:
        super().__init__(message)
        self.code, self.line = code, line


@dataclass(slots=True)
class AtomEntry:
    """The Atom entry around a resource: its title and its links, as far as they were read.

    `service` is what a usage point supplies, in the file's own code; "" where it does not say.
    """

    title: str = ""
    service: str = ""
    self_: str = ""
    up: str = ""
    related: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ReadingType:
    """What values mean, in the file's own codes; "" where it gives none."""

    commodity: str = ""
    unit: str = ""
    flow_direction: str = ""
    power_of_ten: str = ""
    interval_length: str = ""
    accumulation: str = ""
    qualifier: str = ""
    default_quality: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class EspiResource:
    """A UsagePoint, MeterReading or ReadingType."""

    kind: str
    resource: AtomEntry
    reading_type: ReadingType


@dataclass(frozen=True, slots=True)
class IntervalBlock:
    """An IntervalBlock begins; `number` counts those of the file from 1."""

    resource: AtomEntry
    number: int
    line: int


@dataclass(slots=True)
class IntervalValue:
    """An IntervalReading of the block that began last; `number` counts those of the file."""

    number: int
    start: str = ""
    duration: str = ""
    value: str = ""
    qualities: tuple[str, ...] = ()


Part = EspiResource | IntervalBlock | IntervalValue


@dataclass(slots=True)
class Links:
    """Which resource belongs to which: by links, or by an address below another's."""

    _by_self: dict[tuple[str, str], AtomEntry] = field(default_factory=dict)
    _by_related: dict[tuple[str, str], AtomEntry] = field(default_factory=dict)
    _types: dict[str, ReadingType] = field(default_factory=dict)

    def add(self, entry: EspiResource) -> None:
        if entry.kind == "ReadingType":
            self._types[entry.resource.self_ or f"#{len(self._types)}"] = entry.reading_type
            return
        if entry.resource.self_:
            self._by_self[entry.kind, entry.resource.self_] = entry.resource
        for address in entry.resource.related:
            self._by_related[entry.kind, address] = entry.resource

    @property
    def meters(self) -> list[AtomEntry]:
        """The meter readings that have an address, in the order of the file."""
        return [own for (kind, _), own in self._by_self.items() if kind == "MeterReading"]

    def owner(self, resource: AtomEntry, kind: str) -> AtomEntry | None:
        """Find the resource of a kind to which another belongs."""
        for address in filter(None, (resource.up, resource.self_)):
            found = self._by_related.get((kind, address))
            if found is not None:
                return found
        address = resource.self_ or resource.up
        while "/" in address:
            address = address.rpartition("/")[0]
            found = self._by_self.get((kind, address))
            if found is not None:
                return found
        return None

    def reading_type(self, meter: AtomEntry | None) -> ReadingType | None:
        """Find the type that a meter reading links to, or else the file's only one."""
        for address in meter.related if meter else []:
            if address in self._types:
                return self._types[address]
        return next(iter(self._types.values())) if len(self._types) == 1 else None


def feed(stream: BinaryIO) -> Iterator[Part]:
    """Read the parts of a feed.

    Raises:
        FeedInvalid: `xml_invalid` or `entities_forbidden`, with the line.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parts = _Parts(parser)
    read = 0
    try:
        while piece := stream.read(_PIECE_BYTES):
            parser.Parse(piece, False)  # noqa: FBT003 (expat takes no keywords)
            read += len(piece)
            yield from parts.taken()
            if read - parser.CurrentByteIndex > _UNREAD_LIMIT_BYTES:
                parts.refuse("xml_invalid", "a tag or comment is longer than 1 MiB")
        parser.Parse(b"", True)  # noqa: FBT003
    except FeedInvalid:
        yield from parts.taken()
        raise
    except expat.ExpatError as fault:
        yield from parts.taken()
        message = f"not well-formed XML: {expat.ErrorString(fault.code)}; nothing after was read"
        raise FeedInvalid("xml_invalid", message, fault.lineno) from None
    except (LookupError, ValueError) as fault:  # the encoding that its first line names
        raise FeedInvalid("xml_invalid", f"not readable XML: {fault}", 1) from None
    yield from parts.taken()


class _Parts:
    """Turns expat's events into parts."""

    def __init__(self, parser: expat.XMLParserType) -> None:
        self._parser = parser
        self._ready: deque[Part] = deque()
        self._path: list[str] = []
        self._text: list[str] = []
        self._length = 0
        self._kind = ""
        self._resource = AtomEntry()
        self._type: dict[str, str] = {}
        self._value: IntervalValue | None = None
        self._blocks = self._values = 0
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._doctype

    def taken(self) -> Iterator[Part]:
        while self._ready:
            yield self._ready.popleft()

    def refuse(self, code: str, message: str) -> None:
        raise FeedInvalid(code, message, self._parser.CurrentLineNumber)

    def _doctype(self, *_: object) -> None:
        hint = "a document type declaration is refused; Green Button files have none"
        self.refuse("entities_forbidden", hint)

    def _characters(self, text: str) -> None:
        if self._length < _TEXT_LIMIT:
            self._length += len(text)
            self._text.append(text)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        within = self._path[-1] if self._path else ""
        self._text.clear()
        self._length = 0
        self._path.append(name)
        if len(self._path) > _DEPTH_LIMIT:
            self.refuse("xml_invalid", f"elements are nested more than {_DEPTH_LIMIT} deep")
        match within, name:
            case _, "IntervalReading":
                self._values += 1
                self._value = IntervalValue(self._values)
            case "entry", "link":
                self._link(attributes.get("rel", ""), attributes.get("href", ""))
            case _, "entry":
                self._kind, self._resource, self._type = "", AtomEntry(), {}
            case _, "IntervalBlock":
                self._blocks += 1
                line = self._parser.CurrentLineNumber
                self._ready.append(IntervalBlock(self._resource, self._blocks, line))
            case "content", kind if kind in _KINDS:
                self._kind = kind

    def _link(self, relation: str, address: str) -> None:
        address = address.strip().rstrip("/")
        if relation == "self":
            self._resource.self_ = address
        elif relation == "up":
            self._resource.up = address
        elif relation == "related" and len(self._resource.related) < _LINKS_LIMIT:
            self._resource.related.append(address)

    def _end(self, tag: str) -> None:
        name = tag.rpartition(" ")[2]
        text = "".join(self._text)[:_TEXT_LIMIT].strip()
        self._text.clear()
        self._length = 0
        self._path.pop()
        within = self._path[-1] if self._path else ""
        if self._value is not None:
            self._end_in_reading(self._value, within, name, text)
        elif within == "ReadingType" and name in _TYPE_FIELDS:
            self._type[_TYPE_FIELDS[name]] = text
        elif within == "entry" and name == "title":
            self._resource.title = text
        elif within == "ServiceCategory" and name == "kind":
            self._resource.service = text
        elif name == "entry" and self._kind:
            self._ready.append(EspiResource(self._kind, self._resource, ReadingType(**self._type)))

    def _end_in_reading(self, value: IntervalValue, within: str, name: str, text: str) -> None:
        match within, name:
            case "timePeriod", "start":
                value.start = text
            case "timePeriod", "duration":
                value.duration = text
            case "IntervalReading", "value":
                value.value = text
            case "ReadingQuality", "quality" if len(value.qualities) < _QUALITIES_LIMIT:
                value.qualities = (*value.qualities, text)
            case _, "IntervalReading":
                self._ready.append(value)
                self._value = None
