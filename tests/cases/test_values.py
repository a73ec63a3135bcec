"""Classes of values are dataclasses to whoever uses them."""

import pickle
from copy import deepcopy
from dataclasses import asdict, fields, is_dataclass, replace

import pytest

from wattyard.kernel.values import dataclass, field, set_once


@dataclass(frozen=True, slots=True)
class Span:
    start: int
    end: int = 1
    marks: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        set_once(self, "start", abs(self.start))


@dataclass(frozen=True, slots=True, kw_only=False)
class Instant:
    at: int


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    content: list[int]


def test_a_value_is_made_changed_and_compared_like_a_dataclass() -> None:
    span = Span(-3, marks=["a"])
    assert (span.start, span.end) == (3, 1)
    assert replace(span, end=5) == Span(3, 5, ["a"])
    assert [one.name for one in fields(Span)] == ["start", "end", "marks"]
    assert asdict(span) == {"start": 3, "end": 1, "marks": ["a"]}
    assert repr(span) == "Span(start=3, end=1, marks=['a'])"
    assert Span(1).marks is not Span(1).marks


def test_a_frozen_value_stays_as_it_is() -> None:
    with pytest.raises(AttributeError):
        Span(1).end = 2  # type: ignore[misc]


def test_a_value_is_copied_pickled_hashed_and_matched_like_a_dataclass() -> None:
    span = Span(3, marks=["a"])
    assert pickle.loads(pickle.dumps(span)) == deepcopy(span) == span  # noqa: S301 (our own)
    assert is_dataclass(span)
    with pytest.raises(TypeError, match="unhashable"):
        hash(span)  # for its list
    assert hash(Instant(1)) == hash(Instant(1))
    match span:
        case Span(start, end):
            assert (start, end) == (3, 1)


def test_values_without_equality_are_told_apart_by_identity() -> None:
    one = Series([1])
    assert one != Series([1])
    assert len({one, Series([1])}) == 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    code: str
    unit: str = "KWH"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Draft):
    id: int
    shared: bool = False


def test_a_class_may_add_to_the_fields_of_its_base() -> None:
    source = Source(id=1, code="NL")
    assert (source.unit, source.shared) == ("KWH", False)
    assert replace(source, unit="MWH") == Source(id=1, code="NL", unit="MWH") != source
    assert {one.name for one in fields(Source)} == {"code", "unit", "id", "shared"}
    assert {one.name for one in fields(Draft)} == {"code", "unit"}
    assert pickle.loads(pickle.dumps(source)) == source  # noqa: S301 (our own)
    with pytest.raises(AttributeError):
        source.code = "BE"  # type: ignore[misc]


def test_a_class_is_as_frozen_as_its_base() -> None:
    with pytest.raises(TypeError, match="as its base"):

        @dataclass(slots=True)
        class Loose(Draft):  # type: ignore[misc]
            more: int
