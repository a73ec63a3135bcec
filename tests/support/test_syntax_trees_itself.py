"""A syntax tree in the making survives finalizers that make trees themselves."""

import ast
import gc
from collections.abc import Iterator

import pytest

SOURCE = "\n".join(f"a{row} = [x + {row} for x in (1, 2, {row})]" for row in range(300))


class Finalized:
    """Garbage whose finalizer makes a syntax tree and more such garbage."""

    made = 0
    ends = False

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        ast.parse("b = (1 + 2) * 3")
        Finalized.made += 1
        if not Finalized.ends:
            Finalized()


@pytest.fixture
def eager_collections() -> Iterator[None]:
    """Collect garbage after every few objects, and let finalizers make more of it."""
    thresholds = gc.get_threshold()
    Finalized()
    gc.set_threshold(5)
    yield
    Finalized.ends = True
    gc.set_threshold(*thresholds)


def test_a_tree_is_made_whatever_finalizers_do(eager_collections: None) -> None:
    failed = 0
    for _ in range(20):
        try:
            ast.parse(SOURCE)
        except SystemError:
            failed += 1
    Finalized.ends = True
    gc.collect()
    assert failed == 0
    assert Finalized.made > 0
    assert gc.isenabled()


def test_collections_that_were_off_stay_off() -> None:
    gc.disable()
    try:
        ast.parse("a = 1")
        assert not gc.isenabled()
    finally:
        gc.enable()
