"""Rules that every store function keeps (design, Data rules)."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import FunctionType

import pytest

import wattyard.events.store
import wattyard.meters.store
import wattyard.sites.store
import wattyard.tariffs.store

OPERATORS = ("orphans.count", "contracts.claim_ending", "months.", "queue.", "keys.")
"""What the operator and the worker ask over all accounts."""
STORES = (
    wattyard.events.store,
    wattyard.sites.store,
    wattyard.meters.store,
    wattyard.tariffs.store,
)


def functions() -> Iterator[tuple[str, FunctionType]]:
    names = [
        f"{store.__name__}.{module.name}"
        for store in STORES
        for module in pkgutil.iter_modules(store.__path__)
    ]
    for module in map(importlib.import_module, names):
        for name, function in vars(module).items():
            own = isinstance(function, FunctionType) and function.__module__ == module.__name__
            if own and inspect.iscoroutinefunction(function):
                room = module.__name__.removeprefix("wattyard.").replace(".store", "")
                yield f"{room}.{name}", function


FUNCTIONS = dict(functions())


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_account_and_mode_come_first(name: str) -> None:
    function = FUNCTIONS[name]
    if name.partition(".")[2].startswith(OPERATORS):
        return
    parameters = list(inspect.signature(function).parameters)
    assert parameters[:3] == ["db", "account", "live"], name
    body = inspect.getsource(function).partition('"""')[2]
    assert "account" in body, f"{name} does not use the account"
    assert "live" in body, f"{name} does not use the mode"
