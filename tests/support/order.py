"""Tests in random order: modules as they fall, and the tests of a module as they fall.

Journeys come first: each takes long, and what is left at the end should be short. The seed is
printed at the end of a run; `--order-seed N` repeats its order.
"""

import random
from collections import defaultdict

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--order-seed", type=int, default=None, help="repeat the random order of this seed"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Choose the seed once; test processes get it from the one that started them."""
    if hasattr(config, "workerinput"):
        config.option.order_seed = config.workerinput["order_seed"]
    elif config.option.order_seed is None:
        config.option.order_seed = random.SystemRandom().randrange(10**6)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Hand the seed to a test process of xdist."""
    node.workerinput["order_seed"] = node.config.option.order_seed  # type: ignore[attr-defined]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items[:] = shuffled(items, config.option.order_seed)


def shuffled(items: list[pytest.Item], seed: int) -> list[pytest.Item]:
    """Order tests by a seed, those of a module together."""
    modules: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in sorted(items, key=lambda item: item.nodeid):
        modules[item.nodeid.partition("::")[0]].append(item)
    order = random.Random(seed)
    names = list(modules)
    order.shuffle(names)
    names.sort(key=lambda name: "journeys/" not in name)
    for name in names:
        order.shuffle(modules[name])
    return [item for name in names for item in modules[name]]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    seed = terminalreporter.config.option.order_seed
    terminalreporter.write_line(f"in random order: --order-seed {seed} repeats it")
