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

OPERATORS = {"orphans.count", "contracts.claim_ending", "months.make"}
"""What the operator asks over all accounts."""


def functions() -> Iterator[tuple[str, FunctionType]]:
    names = [
        f"{package.__name__}.{module.name}"
        for package in (wattyard.sites.store, wattyard.tariffs.store, wattyard.meters.store)
        for module in pkgutil.iter_modules(package.__path__)
    ]
    for module in (*map(importlib.import_module, names), wattyard.events.store):
        for name, function in vars(module).items():
            own = isinstance(function, FunctionType) and function.__module__ == module.__name__
            if own and inspect.iscoroutinefunction(function):
                yield f"{module.__name__.rpartition('.')[2]}.{name}", function


FUNCTIONS = dict(functions())


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_account_and_mode_come_first(name: str) -> None:
    function = FUNCTIONS[name]
    if name in OPERATORS:
        return
    parameters = list(inspect.signature(function).parameters)
    assert parameters[:3] == ["db", "account", "live"], name
    source = inspect.getsource(function)
    assert "$1" in source or "page_query" in source, f"{name} does not use the account"
