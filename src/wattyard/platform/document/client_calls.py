"""What a call is named in the Python client: `yard.sites.create` for `POST /sites`."""

import keyword
from collections.abc import Mapping
from typing import Final, NamedTuple

_OWN_NAMES: Final[Mapping[str, str]] = {
    "market_source_prices_put": "put_prices",
    "market_source_prices_list": "list_prices",
    "device_state_update": "update_state",
    "device_state_retrieve": "retrieve_state",
    "device_state_list": "list_states",
    "device_plan_retrieve": "retrieve_plan",
    "meter_interval_put": "put_interval",
    "meter_cumulative_put": "put_cumulative",
    "meter_batch_list": "list_batches",
    "meter_batch_retrieve": "retrieve_batch",
    "meter_record_search": "search_records",
    "location_headroom": "headroom",
    "auth_token_create": "create_token",
}
"""Methods of operations whose names have a noun of their own."""
_RESOURCES: Final[Mapping[str, str]] = {
    "": "server",
    "login": "auth",
    "jwks.json": "signing_keys",
    "llms.txt": "server",
    "openapi.json": "server",
    "docs": "server",
    "metrics": "server",
}
"""Attributes of the client for what is not named like its path."""


class ClientCall(NamedTuple):
    """An attribute of the client, and the method of it that makes a call."""

    resource: str
    method: str


def client_call(operation: str, path: str) -> ClientCall:
    """Name an operation in the client: the method is the operation's name without the resource."""
    first = path.strip("/").partition("/")[0]
    resource = _RESOURCES.get(first, first.replace("-", "_"))
    if operation in _OWN_NAMES:
        return ClientCall(resource, _OWN_NAMES[operation])
    singular = resource.removesuffix("ies") if resource.endswith("ies") else ""
    singular = singular + "y" if singular else resource.removesuffix("s")
    return ClientCall(resource, argument(operation.removeprefix(f"{singular}_")))


def argument(name: str) -> str:
    """Name a field in Python."""
    return f"{name}_" if keyword.iskeyword(name) else name
