"""Every capability's use-cases, each built once, its parameters filled by type."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from wattyard.platform.composition import Capability, Contributions, Provider

Service = TypeVar("Service")


class CannotBeFilled(TypeError):
    """Nothing of a parameter's type is provided, or it needs itself."""


class Services:
    """Use-cases by type, and whatever else the capabilities provide.

    `given` are the things that exist already, by type; they take precedence over what the
    capabilities provide, so that a test can put something else in their place.
    """

    def __init__(self, capabilities: Sequence[Capability], given: Mapping[Any, Any]) -> None:
        self.capabilities = capabilities
        self._built: dict[Any, Any] = {**given, Services: self}
        self._providers = {
            _given_by(provider): provider
            for capability in capabilities
            for provider in capability.provides
        }
        self._being_built: list[Any] = []

    def get(self, wanted: type[Service]) -> Service:
        """The one service of a type.

        Raises:
            CannotBeFilled: when nobody provides it, or it needs itself.
        """
        return cast("Service", self[wanted])

    def __getitem__(self, wanted: Any) -> Any:  # noqa: ANN401 (types of every kind)
        if wanted not in self._built:
            self._built[wanted] = self._build(wanted)
        return self._built[wanted]

    def __contains__(self, wanted: object) -> bool:
        return wanted in self._built or wanted in self._providers

    def call(self, provider: Callable[..., Service]) -> Service:
        """Call a class or function with its parameters filled by type.

        Parameters that have a default keep it.
        """
        return provider(**{name: self[wanted] for name, wanted in _needed_by(provider)})

    def _build(self, wanted: Any) -> Any:  # noqa: ANN401 (types of every kind)
        if get_origin(wanted) is Contributions:
            return Contributions(partial(self._contributed, *get_args(wanted)))
        way = ", needed for ".join(_name(one) for one in reversed(self._being_built))
        if wanted in self._being_built:
            raise CannotBeFilled(f"{_name(wanted)} needs itself: {way}")
        if wanted not in self._providers:
            raise CannotBeFilled(
                f"nothing provides {_name(wanted)}" + (f", needed for {way}" if way else "")
            )
        self._being_built.append(wanted)
        try:
            return self.call(self._providers[wanted])
        finally:
            self._being_built.pop()

    def _contributed(self, port: Any) -> list[Any]:  # noqa: ANN401 (a protocol)
        return [
            self[type_]
            for capability in self.capabilities
            for contributed_to, type_ in capability.contributes
            if contributed_to is port
        ]


@cache
def _given_by(provider: Provider) -> Any:  # noqa: ANN401 (types of every kind)
    return provider if isinstance(provider, type) else get_type_hints(provider)["return"]


@cache
def _needed_by(provider: Provider) -> tuple[tuple[str, Any], ...]:
    """The parameters without a default, and their types: of one provider always the same."""
    function = provider.__init__ if isinstance(provider, type) else provider  # type: ignore[misc]  # read, not called
    hints = get_type_hints(function) or get_type_hints(provider)  # a class of values has fields
    return tuple(
        (name, hints[name])
        for name, parameter in inspect.signature(provider).parameters.items()
        if parameter.default is parameter.empty
    )


def _name(wanted: Any) -> str:  # noqa: ANN401 (types of every kind)
    return getattr(wanted, "__qualname__", str(wanted))
