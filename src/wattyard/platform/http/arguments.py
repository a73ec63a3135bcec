"""What a handler is given: found once at start, by the name or the type of each parameter."""

import inspect
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, Protocol, get_type_hints

from wattyard.platform.http.declare import Endpoint

_OF_THE_CALL: Final = frozenset({"call", "context"})


class Provided(Protocol):
    """What the app provides to endpoints, by type."""

    def __contains__(self, wanted: object) -> bool: ...

    def __getitem__(self, wanted: type) -> Any: ...  # noqa: ANN401 (of that type)


class EndpointUnfit(TypeError):
    """An endpoint cannot be served as it is declared; the message names it and says why."""


def names_in_path(declared: Endpoint) -> tuple[str, ...]:
    """List the names in an endpoint's path."""
    return tuple(re.findall(r"{(\w+)}", declared.path))


@cache
def asked_by(
    handler: Callable[..., Any],
) -> tuple[Mapping[str, inspect.Parameter], Mapping[str, Any]]:
    """The parameters of a handler, and their types, by name: of one function always the same."""
    return inspect.signature(handler).parameters, get_type_hints(handler)


def services_of(declared: Endpoint, services: Provided) -> dict[str, Any]:
    """Find the services that a handler asks for, by its parameters' names.

    Raises:
        EndpointUnfit: when a parameter can be filled neither by its name nor by its type, or
            when the endpoint declares something that its handler does not take.
    """
    parameters, hints = asked_by(declared.handler)
    named = _OF_THE_CALL | _needed(declared)
    if declared.query is not None:
        named |= {"query"}
    fixed = {}
    for name, parameter in parameters.items():
        if name in named:
            continue
        hint = hints.get(name)
        if isinstance(hint, type) and hint in services:
            fixed[name] = services[hint]
        elif parameter.default is inspect.Parameter.empty:
            raise EndpointUnfit(
                f"{declared.title}: nothing fills the parameter {name!r} of its handler: it is "
                f"no part of the call, and no service has the type {_type_name(hint)}"
            )
    for name in sorted(_needed(declared) - set(parameters)):
        raise EndpointUnfit(f"{declared.title}: its handler does not take {name!r}")
    return fixed


def _needed(declared: Endpoint) -> frozenset[str]:
    """Name what is always given, and therefore has to be taken."""
    body = {"body"} if declared.body is not None and not declared.reads_body else set()
    return frozenset(names_in_path(declared)) | body


def _type_name(hint: object) -> str:
    return hint.__qualname__ if isinstance(hint, type) else str(hint)
