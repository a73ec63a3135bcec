"""The dashboard and the alerts ask for metrics, labels and operations that exist."""

import ast
import json
import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.support.contract_text import ROOT
from tests.support.deployed import DEPLOY
from tests.support.world import Tenant, World
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


def measures() -> dict[str, set[str]]:
    """The metrics of the whole database that the source defines, some of which appear with data."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "src").rglob("*.py"):
        text = path.read_text()
        for node in ast.walk(ast.parse(text)) if "Measure(" in text else ():
            is_measure = isinstance(node, ast.Call) and ast.unparse(node.func) == "Measure"
            if is_measure and isinstance(node.args[0], ast.Constant):
                labels = node.args[3] if len(node.args) > 3 else ast.Dict([], [])
                keys = labels.keys if isinstance(labels, ast.Dict) else []
                found[f"wattyard_{node.args[0].value}"] = {
                    key.value for key in keys if isinstance(key, ast.Constant)
                }
    return found


async def exported(world: World, tenant: Tenant) -> dict[str, set[str]]:
    """The names of all samples that a server answers, and their labels."""
    await tenant.make("/webhook-endpoints", {"url": "http://127.0.0.1:9/"})
    await tenant.make("/customers", {})
    text = (await tenant.http.get("/metrics")).text
    found = measures()
    for family in text_string_to_metric_families(text):
        kinds = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
        for kind in kinds.get(family.type, ("",)):
            found.setdefault(f"{family.name}{kind}", set())
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


async def test_every_metric_and_label_that_is_asked_for_is_exported(
    world: World, tenant: Tenant
) -> None:
    known = await exported(world, tenant)
    labels = set().union(*known.values()) | OF_PROMETHEUS | {"outcome"}
    asked = list(expressions())

    assert {name for one in asked for name in NAME.findall(one)} <= set(known)
    named = {label for one in asked for label, _ in LABELS.findall(one)}
    grouped = {
        part.strip() for one in asked for list_ in GROUPED.findall(one) for part in list_.split(",")
    }
    assert named | grouped <= labels
    assert len(asked) > 30


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
