"""Classes of values: declared like dataclasses, built by msgspec.

`dataclasses.dataclass` writes and compiles five methods for every class, about 1 ms each: with some
400 classes that was a third of the server's start, and several MiB. Here the same declaration
becomes a `msgspec.Struct`, whose methods are written in C: 25 µs a class, and instances are made
faster, too. To a type checker they are dataclasses, and so they are to `dataclasses.replace`,
`fields` and `asdict`.
"""

from collections.abc import Callable
from dataclasses import fields, make_dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec.structs import force_setattr

if TYPE_CHECKING:
    from dataclasses import dataclass, field
else:
    from msgspec import Struct, field

    def dataclass(cls: type | None = None, /, **options: bool) -> object:
        """Build a class of values from its annotations, as `dataclasses.dataclass` does.

        Takes `frozen`, `eq`, `kw_only` and `slots`; instances of a class without `slots` also have
        a `__dict__` (`functools.cached_property` needs it). The fields that a class adds to those
        of its base, which decides on the rest, may also be given by their position.
        """
        return _built(cls, **options) if cls is not None else partial(_built, **options)

    def _built(cls: type, *, slots: bool = False, **options: bool) -> type:
        if isinstance(cls, type(Struct)):  # for its base is one
            config = cls.__struct_config__
            if (config.frozen, config.dict) != (options.get("frozen", False), not slots):
                raise TypeError(f"{cls.__name__} is not `frozen` or has no `slots`, as its base")
            cls.__dataclass_fields__ = _Fields()
            return cls
        content = {k: v for k, v in vars(cls).items() if k not in ("__dict__", "__weakref__")}
        bases = (Struct, *(base for base in cls.__bases__ if base is not object))
        options |= {"dict": not slots, "weakref": not slots}
        content["__dataclass_fields__"] = _Fields()
        return type(Struct)(cls.__name__, bases, content, **options)


class _Fields:
    """What the functions of `dataclasses` go by, made where one of them is called."""

    def __get__(self, value: object, kind: Any) -> dict[str, Any]:  # noqa: ANN401 (a class of values)
        made = {one.name: one for one in fields(make_dataclass("_", kind.__struct_fields__))}
        kind.__dataclass_fields__ = made
        return made


set_once: Callable[[Any, str, object], None] = force_setattr
"""Sets a field of a frozen value, by its name, within its `__post_init__`."""


__all__ = ["dataclass", "field", "set_once"]
