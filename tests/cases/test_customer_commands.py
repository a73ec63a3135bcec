"""`wattyard customer`: who is there, and all that is kept of one of them."""

import asyncio
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.support.world import Tenant
from wattyard.cli import app
from wattyard.cli.options import CommandFailed
from wattyard.sites.domain.sites import CustomerNotFound

pytestmark = pytest.mark.usefixtures("encryption_key")


async def run(url: str, tenant: Tenant, *arguments: str, charset: str = "utf-8") -> Result:
    """Run a command, in a thread: it has an event loop of its own."""
    own = ("--account", tenant.account_id, "--mode", "test", "--database", url)
    runner = CliRunner(charset=charset)
    return await asyncio.to_thread(runner.invoke, app, ["customer", *arguments, *own])


async def answer(url: str, tenant: Tenant, *arguments: str) -> Any:
    result = await run(url, tenant, *arguments, "--json")
    assert result.exit_code == 0, (result.exception, result.output)
    return json.loads(result.stdout)


@pytest.fixture
async def customer(tenant: Tenant) -> str:
    made = await tenant.make("/customers", {"reference_id": "c-1", "metadata": {"name": "Zoë"}})
    await tenant.site(customer_id=made["id"])
    return str(made["id"])


async def test_a_customer_is_listed_exported_and_erased(
    tenant: Tenant, customer: str, database_url: str, tmp_path: Path
) -> None:
    (listed,) = await answer(database_url, tenant, "list", "--reference", "c-1")
    assert (listed["id"], listed["locations"]) == (customer, 1)
    file = tmp_path / "zoe.json"
    done = await run(database_url, tenant, "export", customer, "--output", str(file))
    assert done.exit_code == 0, done.exception
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    exported = json.loads(file.read_text())
    assert exported["customer_id"] == customer
    assert exported["tables"]["customers"][0]["metadata"] == {"name": "Zoë"}
    again = await run(database_url, tenant, "export", customer, "--output", str(file))
    assert isinstance(again.exception, CommandFailed)

    asked = await answer(database_url, tenant, "erase", customer)
    assert (asked["erased"], asked["rows"]["customers"], asked["rows"]["sites"]) == (False, 1, 1)
    assert (await tenant.get(f"/customers/{customer}")).status_code == 200
    done = await run(database_url, tenant, "erase", customer, "--yes")
    assert done.stdout.splitlines()[-1] == "erased"

    assert (await tenant.get(f"/customers/{customer}")).status_code == 404
    gone = await run(database_url, tenant, "erase", customer, "--yes")
    assert isinstance(gone.exception, CustomerNotFound)
    nothing = tmp_path / "nothing.json"
    await run(database_url, tenant, "export", customer, "--output", str(nothing))
    assert not nothing.exists()


async def test_what_is_exported_to_standard_output_is_utf_8_on_every_terminal(
    tenant: Tenant, customer: str, database_url: str
) -> None:
    done = await run(database_url, tenant, "export", customer, charset="latin-1")
    assert done.exit_code == 0, done.exception
    exported = json.loads(done.stdout_bytes.decode("utf-8"))
    assert exported["tables"]["customers"][0]["metadata"] == {"name": "Zoë"}
