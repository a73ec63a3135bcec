"""The samples of the reference in Python run, one after the other, against the application."""

import asyncio
import contextlib
import io
import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests.docs.test_samples import ENDLESS, OPERATIONS, OUTLINE
from tests.http.test_connections import listening
from tests.support.declared import objects_of
from tests.support.world import Tenant, World
from wattyard.web.reference.outline import DescribedOperation
from wattyard.web.reference.samples import samples
from wattyard_client import Wattyard

PAGES = ("/docs/{page}", "/docs/{section}/{page}")
"""Their names are no ids."""
RUN = [one for one in OPERATIONS if one.name not in ENDLESS and one.path not in PAGES]
STAYING = [one for one in RUN if one.method != "DELETE"]
DELETING = [one for one in RUN if one.method == "DELETE"]
IDS = {
    "ste": "site_id",
    "loc": "location_id",
    "dev": "device_id",
    "cus": "customer_id",
    "trf": "tariff_id",
    "mrs": "market_source_id",
    "bat": "batch_id",
    "evt": "event_id",
    "whe": "endpoint_id",
    "whd": "delivery_id",
}


def call_of(operation: DescribedOperation, ids: Mapping[str, str]) -> str:
    """Give what a sample does with its client, with ids of objects that are there."""
    _, python, _ = samples(operation, OUTLINE)
    head, _, call = python.code.partition("SECRET_KEY\n")
    assert head.startswith("from wattyard_client import Wattyard\n\nyard = Wattyard()"), head
    call = call.replace("charge-2026-03-01", ids["session_reference_id"])
    return re.sub(r"([a-z]{3})_[0-9a-f]{32}", lambda found: ids[IDS[found[1]]], call)


async def test_every_sample_runs(
    world: World, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with listening(world) as port:
        monkeypatch.setenv("WATTYARD_URL", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("WATTYARD_ACCOUNT_ID", tenant.account_id)
        monkeypatch.setenv("WATTYARD_SECRET_KEY", tenant.secret)
        ids = await objects_of(tenant)
        calls = {one.name: call_of(one, ids) for one in STAYING}
        # A tariff is checked before it is there, and a plan is there once one was kept.
        kept = calls["schedule_soc"].replace("soc(", "soc(keep=True, ")
        calls = {"tariff_check": calls["tariff_check"], "kept": kept, **calls}
        # What is deleted goes from the inside: devices and tariffs of sites, sites of customers.
        ids |= {"site_id": (await tenant.site())["id"]}
        calls |= {one.name: call_of(one, ids) for one in sorted(DELETING, key=inner_first)}
        with Wattyard() as yard:
            failed = await asyncio.to_thread(run_all, calls, yard)

    assert failed == {}


def inner_first(operation: DescribedOperation) -> int:
    outer = ("/sites", "/locations", "/customers")
    return next((n for n, one in enumerate(outer, 1) if operation.path.startswith(one)), 0)


def run_all(calls: Mapping[str, str], yard: Wattyard) -> dict[str, str]:
    failed = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for name, call in calls.items():
            names: dict[str, Any] = {"yard": yard}
            try:
                exec(call, names)  # noqa: S102 (our own text)
            except Exception as error:  # noqa: BLE001 (all are told together)
                failed[name] = repr(error)
    return failed
