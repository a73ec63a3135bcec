"""Local days, clock changes and the edges of contracts in prices (contract 2, Prices)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.support.pricing import (
    DAY_AND_NIGHT,
    HOUR,
    confidences,
    edges,
    place,
    quote,
    text,
    values,
)
from tests.support.tariff_bodies import entry, flat, hours
from tests.support.world import Tenant, error

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
"""The fake clock says 10:00:00.123Z on this Sunday."""


async def test_midnight_is_no_edge_of_a_window_over_it(tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at, schedule=DAY_AND_NIGHT)

    answer = await quote(tenant, at, "2026-03-02T22:00:00+01:00", "2026-03-03T08:00:00+01:00")

    assert values(answer) == [0.3, 0.1, 0.3]


@pytest.mark.parametrize(
    ("start", "end", "lengths"),
    [
        ("2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", [2, 1, 20]),
        ("2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", [2, 2, 21]),
    ],
)
async def test_a_skipped_hour_costs_nothing_and_a_repeated_one_is_priced_twice(
    tenant: Tenant, start: str, end: str, lengths: list[int]
) -> None:
    at = await place(tenant)
    windows = hours(("00:00", "02:00", 0.1), ("02:00", "03:00", 0.2), ("03:00", "00:00", 0.3))
    spring = start < "2026-06"
    if spring:
        windows = hours(("00:00", "02:00", 0.1), ("02:00", "04:00", 0.2), ("04:00", "00:00", 0.3))
    await tenant.tariff(at, schedule=[entry(("All", windows))])

    answer = await quote(tenant, at, start, end)

    spent: dict[float, timedelta] = {}
    for one in answer["data"]:
        length = datetime.fromisoformat(one["valid_to"]) - datetime.fromisoformat(one["valid_from"])
        value = one["price"]["value"]
        spent[value] = spent.get(value, timedelta()) + length
    assert [round(spent[value] / HOUR) for value in (0.1, 0.2, 0.3)] == lengths
    assert {edge[-6:] for edge in edges(answer)} == {end[-6:]}


async def test_a_special_day_replaces_the_ordinary_one(tenant: Tenant) -> None:
    at = await place(tenant)
    holiday = entry(("All", hours(("00:00", "00:00", 0.01))), dates=["Holidays", "03-10"])
    await tenant.tariff(at, schedule=[*DAY_AND_NIGHT, holiday])

    kings_day = await quote(tenant, at, "2026-04-26T22:00:00+02:00", "2026-04-28T08:00:00+02:00")
    assert values(kings_day) == [0.3, 0.1, 0.01, 0.1, 0.3]
    assert [edge[5:13] for edge in edges(kings_day)][2:4] == ["04-27T00", "04-28T00"]
    own = await quote(tenant, at, "2026-03-10T00:00:00+01:00", "2026-03-11T00:00:00+01:00")
    assert values(own) == [0.01]


async def test_contracts_follow_each_other_at_local_midnight(tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(
        at, contract_start_date="2026-01-01", contract_end_date="2026-04-01", schedule=flat(0.1)
    )
    await tenant.tariff(
        at, contract_start_date="2026-04-01", contract_end_date="2027-04-01", schedule=flat(0.2)
    )

    answer = await quote(tenant, at, "2026-03-31T00:00:00Z", "2026-04-02T00:00:00Z")

    assert edges(answer)[1] == "2026-03-31T22:00:00Z"
    assert (values(answer), confidences(answer)) == ([0.1, 0.2], [1, 1])
    assert answer["next_update"] == "2026-03-31T22:00:00Z"


async def test_before_the_contract_there_is_no_tariff(tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at, contract_start_date="2026-03-05", contract_end_date="2027-03-05")
    for start, end in (
        ("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"),
        ("2026-03-04T22:59:59Z", "2026-03-05T00:00:00Z"),
    ):
        body = {"location_id": at, "start_time": start, "end_time": end}
        error(await tenant.post("/prices", body), 422, "no_tariff_connected")

    exact = await quote(tenant, at, "2026-03-04T23:00:00Z", "2026-03-05T00:00:00Z")

    assert values(exact) == [0.25]


async def test_after_the_contract_its_rules_go_on_with_falling_confidence(tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(
        at,
        contract_start_date="2025-01-01",
        contract_end_date="2026-01-01",
        schedule=DAY_AND_NIGHT,
    )
    end = datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Amsterdam"))

    first = await quote(tenant, at, text(end - HOUR), text(end + HOUR))
    assert confidences(first) == [1, 0.8]
    assert values(first) == [0.1, 0.1]
    for days, before, after in ((90, 0.8, 0.6), (180, 0.6, 0.4), (270, 0.4, 0.2), (360, 0.2, 0.2)):
        edge = (end + timedelta(days=days)).astimezone(UTC)
        answer = await quote(tenant, at, text(edge - HOUR / 60), text(edge + HOUR / 60))
        assert confidences(answer)[0] == before, days
        assert confidences(answer)[-1] == after, days
        assert (len(answer["data"]) == 2) == (before != after)
