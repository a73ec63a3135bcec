"""The server's description of itself, as the generator reads it."""

from dataclasses import dataclass
from typing import Any

from wattyard import __version__
from wattyard.app.assembly import ENDPOINTS
from wattyard.app.endpoints import ACCESS_REFUSALS
from wattyard.platform import document
from wattyard.platform.document.client_calls import client_call

Json = dict[str, Any]

_OF_EVERY_CALL = ("account_disabled", "account_moving", "api_version_not_supported")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path."""

    path: str
    method: str
    described: Json

    @property
    def id(self) -> str:
        return str(self.described["operationId"])

    @property
    def resource(self) -> str:
        """The client's attribute that has the method."""
        return client_call(self.id, self.path).resource

    @property
    def name(self) -> str:
        """The method's name: the operation's, without the resource."""
        return client_call(self.id, self.path).method

    def parameters(self, place: str) -> list[Json]:
        """List the parameters in `path`, `query` or `header`."""
        return [one for one in self.described["parameters"] if one["in"] == place]

    @property
    def body(self) -> Json | None:
        """The schema of the JSON body."""
        content = self.described.get("requestBody", {}).get("content", {})
        found: Json | None = content.get("application/json", {}).get("schema")
        return found

    @property
    def answer(self) -> Json | None:
        """The schema of the JSON answer; None where it is another kind of document."""
        for status, response in self.described["responses"].items():
            if status.startswith("2"):
                found: Json | None = (
                    response.get("content", {}).get("application/json", {}).get("schema")
                )
                return found
        return None

    @property
    def is_keyed(self) -> bool:
        return any(one["name"] == "Idempotency-Key" for one in self.parameters("header"))

    @property
    def is_public(self) -> bool:
        return not self.described.get("security")

    @property
    def codes(self) -> list[str]:
        """The codes of what the call can be refused with, besides those of every call."""
        found = []
        for status in ("404", "409", "422"):
            found += self.described["responses"].get(status, {}).get("x-error-codes", [])
        return [code for code in found if code not in _OF_EVERY_CALL]


def described() -> Json:
    """Describe the server."""
    found: Json = document.document(ENDPOINTS, version=__version__, refused=ACCESS_REFUSALS)
    return found


def operations(described: Json) -> list[Operation]:
    """List every operation that the client has a method for: all but the stream of events."""
    return [
        Operation(path, method.upper(), one)
        for path, methods in described["paths"].items()
        for method, one in methods.items()
        if one["operationId"] != "event_stream"
    ]
