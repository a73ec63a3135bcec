"""The files of `deploy/` that run servers: commands that exist, started and stopped rightly."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import deployed
from tests.support.deployed import DEPLOY, compose, documents, instructions, manifests, pods, unit
from wattyard import __version__
from wattyard.cli.serve import _FINISH_SECONDS

UNITS = sorted(path.name for path in (DEPLOY / "systemd").glob("*.service"))
FILES = sorted(
    path
    for path in DEPLOY.rglob("*")
    if path.is_file() and not {"__pycache__", "secrets"} & set(path.parts)
)
REGISTRY = re.compile(
    r"(?:\bimage:|\bnewName:|^FROM|\bcopy --from=) *[\"']?[\w-]+(?:\.[\w-]+)+(?::\d+)?/"
    r"|index[-]url|/simpl[e]\b|\bregistr[y]\.",
    re.IGNORECASE | re.MULTILINE,
)
"""A host in the name of an image, or an index of packages, in letters that this file has not."""


@pytest.mark.parametrize(
    ("file", "arguments"),
    [pytest.param(*one, id=f"{one[0]}: {' '.join(one[1])}") for one in deployed.commands()],
)
def test_a_command_that_is_run_exists_with_its_options(file: str, arguments: list[str]) -> None:
    assert deployed.understood(arguments), file


def test_a_variable_that_is_set_is_read() -> None:
    assert deployed.variables() <= deployed.known_variables()
    assert len(deployed.variables()) > 10


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_registry_is_named(path: Path) -> None:
    assert not REGISTRY.search(path.read_text())


def test_a_registry_in_the_name_of_an_image_is_found() -> None:
    for planted in ("FROM r.example.org/python:3", "    image: r.example.org:5000/wattyard:1"):
        assert REGISTRY.search(planted)
    assert not REGISTRY.search("FROM python:3.13-slim-bookworm")


def test_every_package_names_this_release() -> None:
    tag = f"wattyard:{__version__}"
    for name in ("compose.yaml", "compose.fleet.yaml"):
        for service in compose(name)["services"].values():
            assert service["image"] == tag or not service["image"].startswith("wattyard")
    (root,) = documents(DEPLOY / "kubernetes" / "kustomization.yaml")
    assert root["images"][0]["newTag"] == __version__
    assert f'"{tag}"' in (DEPLOY / "image_size.py").read_text()


def test_the_image_is_built_in_stages_and_is_nobody_s_root() -> None:
    found = instructions()
    assert [rest for name, rest in found if name == "FROM"] == [
        "python:${PYTHON} AS build",
        "python:${PYTHON}",
    ]
    last = dict(found)
    number, _, group = last["USER"].partition(":")
    assert int(number) > 0
    assert group == "0"
    assert last["VOLUME"] == "/data"
    assert '["wattyard", "health"]' in last["HEALTHCHECK"]
    assert last["ENTRYPOINT"] == '["wattyard"]'
    assert last["STOPSIGNAL"] == "SIGTERM"


def test_what_the_image_copies_is_in_its_context() -> None:
    let_in = {
        line[1:]
        for line in (DEPLOY.parent / ".dockerignore").read_text().splitlines()
        if line[:1] == "!"
    }
    copied = {
        name
        for instruction, rest in instructions()
        if instruction == "COPY" and not rest.startswith("--from")
        for name in rest.split()[:-1]
    }
    assert copied == let_in
    assert all((DEPLOY.parent / name).exists() for name in copied)


def test_servers_have_time_to_drain_before_they_are_killed() -> None:
    server = compose("compose.fleet.yaml")["services"]["server"]
    drain = int(server["environment"]["WATTYARD_DRAIN_SECONDS"])
    assert int(server["stop_grace_period"].removesuffix("s")) > drain + 2 * _FINISH_SECONDS
    pod = pods()["wattyard"]
    given = {one["name"]: one["value"] for one in pod["containers"][0]["env"]}
    drain = int(given["WATTYARD_DRAIN_SECONDS"])
    probe = pod["containers"][0]["readinessProbe"]
    assert pod["terminationGracePeriodSeconds"] > drain + 2 * _FINISH_SECONDS
    assert drain > probe["periodSeconds"] * probe["failureThreshold"] + probe["timeoutSeconds"]
    for name in UNITS:
        assert int(dict(unit(name))["TimeoutStopSec"]) >= 30
    # All processes of the unit would be asked to end at once, the database among them.
    assert dict(unit("wattyard.service"))["KillMode"] == "mixed"


def test_traffic_goes_to_servers_that_are_ready_and_none_is_restarted_for_its_database() -> None:
    for name in ("wattyard", "wattyard-worker"):
        (container,) = pods()[name]["containers"]
        port = container["ports"][0]["name"]
        probes = {
            kind: container[f"{kind}Probe"]["httpGet"]
            for kind in ("readiness", "liveness", "startup")
        }
        assert {one["port"] for one in probes.values()} == {port}
        assert probes["readiness"]["path"] == "/health/ready"
        assert probes["liveness"]["path"] == probes["startup"]["path"] == "/health/live"
    assert "httpchk GET /health/ready" in (DEPLOY / "haproxy.cfg").read_text()


def test_secrets_are_files_and_never_in_the_environment() -> None:
    secret = re.compile(r"WATTYARD_(DATABASE|ENCRYPTION_KEY|METRICS_TOKEN)\b(?!_FILE)")
    for path in FILES:
        assert not secret.search(path.read_text()), path
    for pod in pods().values():
        mounted = pod["volumes"][0]["secret"]
        assert mounted["secretName"] == "wattyard"
        (container,) = pod["containers"]
        database = next(one["value"] for one in container["env"] if "DATABASE" in one["name"])
        keys = {database.removeprefix("/secrets/"), "encryption-key", "metrics-token"}
        assert {one["key"] for one in mounted["items"]} == keys  # and none that it does not need
        assert all(one["key"] == one["path"] for one in mounted["items"])
        assert pod["containers"][0]["volumeMounts"][0]["readOnly"]


@pytest.mark.parametrize("name", sorted(pods()))
def test_a_pod_can_do_nothing_but_its_work(name: str) -> None:
    pod = pods()[name]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False  # WATTYARD_PORT=tcp://… of the Service
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"]


def test_the_service_and_the_budget_select_the_servers() -> None:
    found = {one["kind"]: one for one in manifests() if one["metadata"]["name"] == "wattyard"}
    labels = found["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert found["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert found["Service"]["spec"]["selector"] == labels
    assert found["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert (
        found["PodDisruptionBudget"]["spec"]["maxUnavailable"]
        < found["Deployment"]["spec"]["replicas"]
    )


def test_secrets_of_the_fleet_are_made_once_in_a_closed_folder(tmp_path: Path) -> None:
    script, folder = DEPLOY / "make-secrets", tmp_path / "my secrets"
    for _ in range(2):
        subprocess.run([script, folder], check=True, capture_output=True)
        made = {path.name: path.read_text() for path in folder.iterdir()}
    again = {path.name: path.read_text() for path in folder.iterdir()}
    assert made == again
    assert set(made) == set(compose("compose.fleet.yaml")["secrets"])
    assert made["postgres-password"].strip() in made["database"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert len(set(made.values())) == 4


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_kubectl_reads_the_manifests() -> None:
    done = subprocess.run(
        ["kubectl", "kustomize", DEPLOY / "kubernetes"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\nkind: ") == len(manifests())
    assert f"image: wattyard:{__version__}" in done.stdout


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_reads_the_units_and_finds_little_exposed(name: str, tmp_path: Path) -> None:
    # Its program is elsewhere on a machine of tests: any will do.
    text = (
        (DEPLOY / "systemd" / name).read_text().replace("/opt/wattyard/bin/wattyard", "/bin/true")
    )
    (tmp_path / name).write_text(text)
    checked = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / name], capture_output=True, text=True, check=False
    )
    assert [line for line in checked.stderr.splitlines() if name in line] == []
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", tmp_path / name],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SYSTEMD_COLORS": "0"},
    )
    assert judged.returncode == 0, judged.stdout[-300:]


@pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed")
def test_haproxy_reads_its_configuration() -> None:
    done = subprocess.run(
        ["haproxy", "-c", "-f", DEPLOY / "haproxy.cfg"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
