"""Reading what a caller sent, with every fault found and put into words."""

from wattyard.platform.reading import wanted
from wattyard.platform.reading.shapes import (
    JsonInvalid,
    ParameterUnknown,
    Patch,
    Shape,
    body_reader,
    convert,
    json_value,
    query_reader,
)

__all__ = [
    "JsonInvalid",
    "ParameterUnknown",
    "Patch",
    "Shape",
    "body_reader",
    "convert",
    "json_value",
    "query_reader",
    "wanted",
]
