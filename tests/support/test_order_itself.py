"""The random order of tests: all of them, repeatable, modules whole and journeys first."""

from dataclasses import dataclass

from tests.support.order import shuffled


@dataclass
class Item:
    nodeid: str


MODULES = ("a", "b", "journeys/c")
ITEMS = [Item(f"tests/{module}.py::{name}") for module in MODULES for name in "xyz"]


def order(seed: int, items: list[Item] = ITEMS) -> list[str]:
    return [item.nodeid for item in shuffled(items, seed)]  # type: ignore[arg-type,attr-defined]


def test_a_seed_repeats_its_order_however_tests_were_collected() -> None:
    assert order(7) == order(7, ITEMS[::-1])
    assert len({tuple(order(seed)) for seed in range(20)}) > 10


def test_every_test_is_there_once_its_module_together_and_journeys_first() -> None:
    for seed in range(20):
        found = order(seed)
        assert sorted(found) == sorted(item.nodeid for item in ITEMS)
        modules = [name.partition("::")[0] for name in found]
        assert modules[:3] == ["tests/journeys/c.py"] * 3
        assert modules[3:] == sorted(modules[3:], key=modules[3:].index)
