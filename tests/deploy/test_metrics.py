"""The dashboard and the alerts ask for metrics, labels and operations that exist."""

import ast
import json
import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest
import yaml
from prometheus_client import CollectorRegistry, ProcessCollector

from tests.support.contract_text import ROOT
from tests.support.deployed import DEPLOY
from wattyard.app import ENDPOINTS

NAME = re.compile(r"\b((?:wattyard|process)_[a-z_]+)")
LABELS = re.compile(r"([a-z_]+)(?:=~|!~|!=|=)\"([^\"]*)\"")
GROUPED = re.compile(r"\b(?:by|without) \(([^)]*)\)")
OF_PROMETHEUS = {"job", "instance", "exported_job", "le"}


def expressions() -> Iterator[str]:
    """Every question that the dashboard and the alerts ask."""
    dashboard = json.loads((DEPLOY / "grafana" / "wattyard.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield target["expr"]
    for variable in dashboard["templating"]["list"]:
        yield variable.get("definition", "")
    rules = yaml.safe_load((DEPLOY / "prometheus" / "rules.yaml").read_text())
    for group in rules["groups"]:
        yield from (rule["expr"] for rule in group["rules"])


KINDS = {
    "Counter": ("_total",),
    "Gauge": ("",),
    "Histogram": ("_bucket", "_sum", "_count"),
    "Measure": ("",),
}
"""What defines a metric in the source, and how the names of its samples end."""


def exported() -> dict[str, set[str]]:
    """The names of all samples that a server can answer, and their labels.

    Some appear only with data, or where replicas or backups are: hence from the source.
    """
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    found = {
        sample.name: set(sample.labels)
        for family in registry.collect()
        for sample in family.samples
    }
    for path in (ROOT / "src").rglob("*.py"):
        text = path.read_text()
        if not re.search(r"\b(Counter|Gauge|Measure)\(", text):
            continue
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (kind := ast.unparse(node.func)) in KINDS:
                own = labels(tree if kind == "Measure" else node)
                found |= {f"{name}{end}": own for name in names(node) for end in KINDS[kind]}
    return found


def names(definition: ast.Call) -> Iterator[str]:
    """The name of a metric, where its definition says it."""
    first = definition.args[0] if definition.args else None
    if isinstance(first, ast.Constant):
        yield f"wattyard_{str(first.value).removeprefix('wattyard_')}"


def labels(part: ast.AST) -> set[str]:
    """The labels that a part of the source names: tuples of names, or mappings to values."""
    found: list[ast.expr | None] = []
    for one in ast.walk(part):
        found += one.elts if isinstance(one, ast.Tuple) else []
        found += one.keys if isinstance(one, ast.Dict) else []
    return {str(one.value) for one in found if isinstance(one, ast.Constant)}


def test_every_metric_and_label_that_is_asked_for_is_exported() -> None:
    known = exported()
    asked = list(expressions())
    known_labels = set().union(*known.values()) | OF_PROMETHEUS

    assert {name for one in asked for name in NAME.findall(one)} <= set(known)
    named = {label for one in asked for label, _ in LABELS.findall(one)}
    groups = [group for one in asked for group in GROUPED.findall(one)]
    assert named | {label.strip() for group in groups for label in group.split(",")} <= known_labels
    assert len(asked) > 30
    assert len(known) > 30


def test_every_operation_that_is_left_out_exists() -> None:
    known = {one.operation for one in ENDPOINTS}
    for one in expressions():
        for label, pattern in LABELS.findall(one):
            if label == "operation":
                parts = re.sub(
                    r"\((.*?)\)", lambda inner: f"({inner[1].replace('|', ',')})", pattern
                )
                for part in parts.split("|"):
                    assert any(re.fullmatch(part.replace(",", "|"), name) for name in known), part


def test_panels_have_a_place_of_their_own() -> None:
    panels = json.loads((DEPLOY / "grafana" / "wattyard.json").read_text())["panels"]
    places = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(places) == len(set(places))
    assert len({panel["id"] for panel in panels}) == len(panels)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
@pytest.mark.parametrize(
    "command", [("check", "rules", "rules.yaml"), ("test", "rules", "rules_test.yaml")]
)
def test_promtool_finds_the_rules_right_and_they_fire_when_they_should(
    command: tuple[str, ...],
) -> None:
    done = subprocess.run(
        ["promtool", *command],
        cwd=DEPLOY / "prometheus",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
