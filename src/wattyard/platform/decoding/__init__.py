"""Decoding what a caller sent, with every fault found and put into words."""

from wattyard.platform.decoding import type_forms
from wattyard.platform.decoding.shapes import (
    JsonInvalid,
    ParameterUnknown,
    Patch,
    Shape,
    body_decoder,
    convert,
    json_value,
    query_decoder,
)

__all__ = [
    "JsonInvalid",
    "ParameterUnknown",
    "Patch",
    "Shape",
    "body_decoder",
    "convert",
    "json_value",
    "query_decoder",
    "type_forms",
]
