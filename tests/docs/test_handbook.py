"""The handbook of operators says what the code does: settings, metrics, log lines, findings."""

import re
from dataclasses import fields
from pathlib import Path

from tests.support.contract_text import ROOT
from wattyard.app.assembly import CAPABILITIES
from wattyard.platform.settings import Settings, setting_names

HANDBOOK = ROOT / "docs" / "operations"


def rows(page: str) -> list[list[str]]:
    """The cells of every row of every table of a page, without heads and rules."""
    lines = (HANDBOOK / page).read_text().splitlines()
    found = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in lines
        if line.startswith("|")
    ]
    return [row for row in found if not set(row[0]) <= set("-:")]


def documented_settings() -> dict[str, str]:
    """The settings of the reference, each with its default."""
    table = [row for row in rows("settings.md") if len(row) == 4 and row[0] != "setting"]
    return {row[0].strip("`"): row[2].strip("`") for row in table}


def test_every_setting_is_in_the_reference_with_its_default() -> None:
    defaults = {one.name: str(one.default) or "none" for one in fields(Settings)}
    known = setting_names()

    assert documented_settings() == {name: defaults.get(name, "none") for name in known}


def test_the_configuration_file_of_the_handbook_is_read(tmp_path: Path) -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", (HANDBOOK / "settings.md").read_text(), re.DOTALL)
    secret = tmp_path / "secret"
    secret.write_text("postgresql://db/wattyard")
    file = tmp_path / "wattyard.toml"
    file.write_text(text.replace("/run/secrets/wattyard-database", str(secret)))

    read = Settings.read({"WATTYARD_CONFIG": str(file)})

    assert (read.workers, read.public_url) == (2, "https://energy.example.com")
    assert read.database == "postgresql://db/wattyard"


def test_every_table_with_data_of_customers_or_people_is_in_the_page_of_data_protection() -> None:
    named = set(re.findall(r"`([a-z_]+)`", (HANDBOOK / "data-protection.md").read_text()))
    searched = {table.table for capability in CAPABILITIES for table in capability.personal}

    assert searched | {"people", "person_sessions", "person_links", "server_audit_log"} <= named
