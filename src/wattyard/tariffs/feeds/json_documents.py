"""Reading the JSON documents of market sources into the shape that is expected."""

from typing import Annotated, Final, TypeVar

import msgspec

from wattyard.tariffs.feeds.failures import FeedUnreadable

T = TypeVar("T")

AtMost: Final = msgspec.Meta(max_length=100_000)
"""No list of prices is longer: more than eleven years of hours."""

Text = Annotated[str, msgspec.Meta(max_length=200)]


def read_json(body: bytes, shape: type[T]) -> T:
    """Decode a document; fields that `shape` does not name are ignored.

    Raises:
        FeedUnreadable: when it is not JSON (NaN and Infinity are not), or not of that shape.
    """
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise FeedUnreadable(f"the document is not what is expected: {str(wrong)[:200]}") from wrong
