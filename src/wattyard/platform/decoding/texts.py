"""Fields that many bodies have: references, ids, metadata, instants, powers (contract 0)."""

from datetime import datetime
from typing import Annotated, Any, Final, get_args, get_origin

import msgspec

NO_CONTROLS: Final = r"^[^\x00-\x1f\x7f-\x9f]*$(?!\n)"
"""Matches texts without control characters; `$` alone would let a last line feed pass."""

Reference = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=255,
        pattern=NO_CONTROLS,
        description="the client's own reference, not required to be unique",
        extra={"expected": "text of 1 to 255 characters without control characters"},
    ),
]
Label = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=255,
        pattern=NO_CONTROLS,
        extra={"expected": "text of 1 to 255 characters without control characters"},
    ),
]
Metadata = Annotated[
    dict[
        Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=NO_CONTROLS)],
        Annotated[str, msgspec.Meta(max_length=500)],
    ],
    msgspec.Meta(
        max_length=50,
        description="the client's own texts by key",
        extra={
            "expected": "an object of at most 50 texts: keys of 1 to 40 characters without control "
            "characters, values of at most 500"
        },
    ),
]
Time = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
"""An instant in an answer: RFC 3339 in UTC with Z."""


def an_id(*prefixes: str, of: str) -> msgspec.Meta:
    """Hold a text to the form of an id with one of the prefixes; `of` is what it names."""
    forms = " or ".join(f"{prefix}_…" for prefix in prefixes)
    named = f"({'|'.join(prefixes)})" if len(prefixes) > 1 else prefixes[0]
    return msgspec.Meta(
        pattern=rf"^{named}_[0-9a-f]{{32}}$(?!\n)",
        description=f"id of {of}",
        extra={"expected": f"an id {forms} with 32 lower-case hex digits"},
    )


def one_of(*words: str) -> msgspec.Meta:
    """Document the words that a text of an answer can be, where another capability decides."""
    return msgspec.Meta(extra_json_schema={"enum": list(words)})


SECRET: Final = msgspec.Meta(extra={"secret": True})
"""Declares a field as a secret: nobody stores or shows what a caller sent in it."""


def is_secret(form: Any) -> bool:  # noqa: ANN401 (any annotation)
    """Whether a field's type is declared as a secret."""
    return get_origin(form) is Annotated and any(
        isinstance(one, msgspec.Meta) and (one.extra or {}).get("secret") is True
        for one in get_args(form)[1:]
    )


CustomerId = Annotated[str, an_id("cus", of="a customer")]
LocationId = Annotated[str, an_id("loc", "ste", of="a location or of its site")]
DeviceId = Annotated[str, an_id("dev", of="a device")]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""An instant that a caller sends: RFC 3339 with an offset or Z."""
Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]
SignedPower = Annotated[
    float, msgspec.Meta(ge=-1_000_000, le=1_000_000, description="kW, + charging")
]
Remaining = Annotated[float, msgspec.Meta(ge=0, le=1_000_000, description="kWh")]
