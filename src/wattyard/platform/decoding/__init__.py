"""Decoding what a caller sent, with every fault found and put into words."""

from wattyard.platform.decoding import type_forms
from wattyard.platform.decoding.json_texts import JsonInvalid, array_items, json_value
from wattyard.platform.decoding.shapes import (
    ITEM_LIMIT_BYTES,
    ParameterUnknown,
    Patch,
    Shape,
    body_decoder,
    convert,
    query_decoder,
)

__all__ = [
    "ITEM_LIMIT_BYTES",
    "JsonInvalid",
    "ParameterUnknown",
    "Patch",
    "Shape",
    "array_items",
    "body_decoder",
    "convert",
    "json_value",
    "query_decoder",
    "type_forms",
]
