"""JSON is split and decoded within bounds, whatever is sent (contract 0, Transport)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattyard.kernel.refusals import Malformed
from wattyard.platform.decoding import JsonInvalid, array_items, json_value
from wattyard.platform.decoding.json_texts import DEPTH_LIMIT

VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
SPACES = st.sampled_from(["", " ", "\n", "\t \r\n"])


@given(st.lists(VALUES, max_size=6), SPACES, st.integers(0, 7), st.booleans())
def test_an_array_is_split_into_its_items(
    values: list[Any], space: str, at_most: int, escaped: bool
) -> None:
    written = [space + json.dumps(one, ensure_ascii=escaped) + space for one in values]
    raw = f"{space}[{','.join(written)}]{space}".encode("utf-8", "surrogatepass")

    items = array_items(raw, at_most=max(at_most, 1))
    if len(values) > max(at_most, 1):
        assert items is None
    else:
        assert items is not None
        assert [json.loads(one) for one in items] == values


@pytest.mark.parametrize("depth", [450, 5_000, 200_000])
def test_an_item_that_is_nested_too_deeply_does_not_hide_the_others(depth: int) -> None:
    deep = b"[" * depth + b"]" * depth
    items = array_items(b'[{"a":1},%b,"]",2]' % deep, at_most=10_000)

    assert items is not None
    assert [items[0], items[2], items[3]] == [b'{"a":1}', b'"]"', b"2"]
    with pytest.raises(JsonInvalid, match="nested too deeply"):
        json_value(items[1])


@pytest.mark.parametrize(
    "raw",
    [b"", b"{}", b"7", b"[", b"[1", b"[1}", b'["]', b"[NaN]", b"[1,,2]", b"[1]]", b"[1] 2", b"]["],
)
def test_what_is_no_array_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        array_items(raw, at_most=10)


def test_a_depth_of_a_hundred_is_read_and_one_more_is_not() -> None:
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        allowed = opening * DEPTH_LIMIT + "1" + closing * DEPTH_LIMIT
        json_value(allowed.encode())
        with pytest.raises(JsonInvalid, match="nested too deeply"):
            json_value(f"{opening}{allowed}{closing}".encode())


def test_a_whole_number_beyond_any_float_is_infinite() -> None:
    assert json_value(b"1" + b"0" * 400) == float("inf")
    assert json_value(b"-1" + b"0" * 200) == -(10**200)
