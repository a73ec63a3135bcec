"""numpy, imported when something of it is first used: no start waits for it."""

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:  # noqa: ANN401 (whatever numpy has)
    """Find a name in numpy, and keep it here: the next use is as quick as numpy's own."""
    if name.startswith("__"):  # asked of every module, by whoever looks at one
        raise AttributeError(name)
    found = globals()[name] = getattr(import_module("numpy"), name)
    return found
