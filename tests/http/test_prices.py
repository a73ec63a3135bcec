"""What a kWh costs (contract 2, Prices)."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.tariff_bodies import entry, flat, hours
from tests.support.world import AMSTERDAM, Tenant, World, error

HOUR = timedelta(hours=1)
DAY_AND_NIGHT = [entry(("All", hours(("07:00", "23:00", 0.3), ("23:00", "07:00", 0.1))))]
FOLLOWS = flat([{"surcharge_fixed": 0.0}])
MARCH = datetime(2026, 3, 1, tzinfo=UTC)
"""The fake clock says 10:00:00.123Z on this Sunday."""


async def place(tenant: Tenant, **fields: Any) -> str:
    return (await tenant.make("/locations", {"postal_address": AMSTERDAM, **fields}))["id"]


async def quote(tenant: Tenant, at: str, start: Any, end: Any, **more: Any) -> Any:
    span = {"start_time": start, "end_time": end}
    answer = await tenant.post("/prices", {"location_id": at, **span, **more})
    assert answer.status_code == 200, answer.text
    assert_touching(answer.json()["data"], start, end)
    return answer.json()


def assert_touching(data: list[Any], start: str, end: str) -> None:
    """Check that intervals go exactly from start to end, in order, without gaps."""
    at = datetime.fromisoformat(start)
    for one in data:
        assert datetime.fromisoformat(one["valid_from"]) == at
        assert datetime.fromisoformat(one["valid_to"]) > at
        at = datetime.fromisoformat(one["valid_to"])
    assert at == datetime.fromisoformat(end)


def values(answer: Any) -> list[float]:
    return [one["price"]["value"] for one in answer["data"]]


def confidences(answer: Any) -> list[float]:
    return [one["price"]["confidence"] for one in answer["data"]]


def edges(answer: Any) -> list[str]:
    return [answer["data"][0]["valid_from"], *(one["valid_to"] for one in answer["data"])]


def text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def hourly(start: datetime, prices: Iterable[float], length: timedelta = HOUR) -> list[Any]:
    return [
        {
            "valid_from": text(start + n * length),
            "valid_to": text(start + (n + 1) * length),
            "value": value,
        }
        for n, value in enumerate(prices)
    ]


async def market(tenant: Tenant, at: str, prices: list[Any], **source: Any) -> Any:
    """Connect a tariff that is the market's price, published as given."""
    made = await tenant.market_source(unit="KWH", **source)
    if prices:
        await tenant.publish(made["id"], prices)
    await tenant.tariff(at, market_rates=True, market_source_id=made["id"], schedule=FOLLOWS)
    return made


# The answer.


async def test_the_answer_has_its_fields(tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at, schedule=DAY_AND_NIGHT)

    answer = await quote(tenant, at, "2026-03-02T05:00:00Z", "2026-03-02T07:00:00Z")

    assert answer["id"].startswith("prs_")
    assert answer == {
        "id": answer["id"],
        "object": "price",
        "live_mode": False,
        "account_id": tenant.account_id,
        "time_created": "2026-03-01T10:00:00.123Z",
        "location_id": at,
        "device_id": None,
        "location_timezone": "Europe/Amsterdam",
        "currency_code": "EUR",
        "tariff_direction": "IMPORT",
        "last_updated": answer["last_updated"],
        "next_update": "2026-12-31T23:00:00Z",
        "data": [
            {
                "valid_from": "2026-03-02T05:00:00Z",
                "valid_to": "2026-03-02T06:00:00Z",
                "price": {"value": 0.1, "confidence": 1},
            },
            {
                "valid_from": "2026-03-02T06:00:00Z",
                "valid_to": "2026-03-02T07:00:00Z",
                "price": {"value": 0.3, "confidence": 1},
            },
        ],
    }


async def test_the_older_form_and_the_id_of_a_site_answer_the_same(tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at, schedule=DAY_AND_NIGHT)
    span = {"start_time": "2026-03-02T05:00:00Z", "end_time": "2026-03-02T07:00:00Z"}
    site = at.replace("loc_", "ste_")
    expected = await quote(tenant, at, *span.values())

    for answer in (
        await tenant.post(f"/prices/{at}", span),
        await tenant.post(f"/prices/{site}", span),
        await tenant.post("/prices", {"location_id": site, **span}),
    ):
        assert answer.status_code == 200
        assert {**answer.json(), "id": expected["id"]} == expected
    again = {"location_id": at, **span}
    error(await tenant.post(f"/prices/{at}", again), 400, "parameter_unknown", "location_id")


async def test_without_a_start_it_is_now_cut_to_the_second(tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at)

    answer = await tenant.post("/prices", {"location_id": at, "end_time": "2026-03-01T11:00:00Z"})

    assert edges(answer.json()) == ["2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z"]
    late = {"location_id": at, "end_time": "2026-03-01T10:00:00Z"}
    error(await tenant.post("/prices", late), 400, "end_time_invalid", "end_time")


SPANS: list[Any] = [
    ("2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z", None),
    ("2026-01-01T00:00:00Z", "2026-04-01T00:00:01Z", "end_time_invalid"),
    ("2026-01-01T00:00:00Z", "2026-04-02T00:00:00Z", "end_time_invalid"),
    ("2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z", "end_time_invalid"),
    ("2026-03-01T01:00:00Z", "2026-03-01T01:00:00+01:00", "end_time_invalid"),
    ("2026-03-01T00:00:00", "2026-03-02T00:00:00Z", "start_time_invalid"),
    ("2026-03-01T00:00:00Z", "2026-03-02T00:00:00", "end_time_invalid"),
    (1772323200, "2026-03-02T00:00:00Z", "start_time_invalid"),
    ("2026-03-01T00:00:00Z", "soon", "end_time_invalid"),
    ("2026-03-01T00:00:00Z", None, "end_time_invalid"),
    ("0001-01-01T00:00:00+14:00", "0001-01-02T00:00:00Z", "start_time_invalid"),
    ("9999-12-31T00:00:00Z", "9999-12-31T23:59:59-14:00", "start_time_invalid"),
    ("1899-12-31T23:59:59Z", "1900-01-02T00:00:00Z", "start_time_invalid"),
    ("9999-12-30T00:00:00Z", "9999-12-31T00:00:00Z", "end_time_invalid"),
]


async def test_spans_have_up_to_ninety_days_and_go_forward(tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at)

    for start, end, code in SPANS:
        for path, more in (("/prices", {"location_id": at}), (f"/prices/{at}", {})):
            answer = await tenant.post(path, {**more, "start_time": start, "end_time": end})
            if code:
                error(answer, 400, code, code.removesuffix("_invalid"))
            else:
                assert answer.status_code == 200, answer.text


async def test_bad_questions_are_refused(tenant: Tenant) -> None:
    at = await place(tenant)
    good = {"location_id": at, "end_time": "2026-03-02T00:00:00Z"}
    for change, code in (
        ({"tariff_direction": "OUT"}, "tariff_direction_invalid"),
        ({"location_id": "home"}, "location_id_invalid"),
        ({"device_id": "car"}, "device_id_invalid"),
        ({"colour": "red"}, "parameter_unknown"),
    ):
        for path in ("/prices", "/prices/audit"):
            error(await tenant.post(path, {**good, **change}), 400, code)
    error(await tenant.post("/prices", {"location_id": at}), 400, "end_time_missing")
    error(await tenant.post("/prices", {"end_time": good["end_time"]}), 400, "location_id_missing")
    unknown = {**good, "location_id": "loc_" + "0" * 32}
    error(await tenant.post("/prices", unknown), 404, "location_not_found", "location_id")
    unknown = {**good, "device_id": "dev_" + "0" * 32}
    error(await tenant.post("/prices", unknown), 404, "device_not_found", "device_id")
    backwards = {**unknown, "start_time": "2027-01-01T00:00:00Z"}
    error(await tenant.post("/prices", backwards), 400, "end_time_invalid")
    error(
        await tenant.post("/prices/loc_1", {"end_time": good["end_time"]}),
        404,
        "location_not_found",
    )


async def test_strangers_and_the_other_mode_get_no_prices(world: World, tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at)
    span = {"end_time": "2026-03-02T00:00:00Z"}
    assert tenant.twin
    for other in (await world.tenant("a stranger"), tenant.twin):
        error(await other.post(f"/prices/{at}", span), 404, "location_not_found")
        for path in ("/prices", "/prices/audit"):
            answer = await other.post(path, {"location_id": at, **span})
            error(answer, 404, "location_not_found", "location_id")


FORMS: list[Any] = [
    ("2026-03-02T06:30:00Z", "2026-03-02T07:30:00Z", "06:30:00Z 07:30:00Z"),
    ("2026-03-02T05:30:00Z", "2026-03-02T06:30:00Z", "05:30:00Z 06:00:00Z 06:30:00Z"),
    (
        "2026-03-02T06:30:00+01:00",
        "2026-03-02T07:30:00+01:00",
        "06:30:00+01:00 07:00:00+01:00 07:30:00+01:00",
    ),
    (
        "2026-03-02T05:30:00Z",
        "2026-03-02T12:00:00+05:30",
        "11:00:00+05:30 11:30:00+05:30 12:00:00+05:30",
    ),
    ("2026-03-02T06:30:00+01:00", "2026-03-02T06:30:00Z", "05:30:00Z 06:00:00Z 06:30:00Z"),
    ("2026-03-02T05:30:00-00:00", "2026-03-02T06:30:00-00:00", None),
]


async def test_times_are_answered_in_the_form_of_the_request(tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at, schedule=DAY_AND_NIGHT)

    for start, end, shown in FORMS:
        answer = await quote(tenant, at, start, end)

        if shown:
            assert [edge[11:] for edge in edges(answer)] == shown.split()
        assert answer["time_created"].endswith("Z")


async def test_prices_are_clipped_to_the_second_asked_for(tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at, schedule=DAY_AND_NIGHT)

    answer = await quote(tenant, at, "2026-03-02T05:59:59Z", "2026-03-02T06:00:01Z")
    assert edges(answer) == [
        "2026-03-02T05:59:59Z",
        "2026-03-02T06:00:00Z",
        "2026-03-02T06:00:01Z",
    ]
    until = await quote(tenant, at, "2026-03-02T05:00:00Z", "2026-03-02T06:00:00Z")
    assert values(until) == [0.1], "the end is not part of the span"


# What is summed.


async def test_fees_are_added_to_the_energy_and_cut_it(tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at, schedule=DAY_AND_NIGHT)
    fees = [entry(("All", hours(("06:30", "08:00", 0.05), ("08:00", "06:30", 0.02))))]
    await tenant.tariff(at, type="NON_COMMODITY", schedule=fees)

    answer = await quote(tenant, at, "2026-03-02T06:00:00+01:00", "2026-03-02T09:00:00+01:00")

    assert [edge[11:16] for edge in edges(answer)] == ["06:00", "06:30", "07:00", "08:00", "09:00"]
    assert values(answer) == [0.12, 0.15, 0.35, 0.32]


async def test_fees_alone_make_no_price(tenant: Tenant) -> None:
    at = await place(tenant)
    span = {"location_id": at, "end_time": "2026-03-02T00:00:00Z"}
    error(await tenant.post("/prices", span), 422, "no_tariff_connected")

    await tenant.tariff(at, type="NON_COMMODITY")

    error(await tenant.post("/prices", span), 422, "no_tariff_connected")
    error(await tenant.post("/prices/audit", span), 422, "no_tariff_connected")


async def test_directions_have_their_own_prices(tenant: Tenant) -> None:
    at = await place(tenant)
    span = ("2026-03-02T00:00:00Z", "2026-03-02T01:00:00Z")
    await tenant.tariff(at)
    await tenant.tariff(at, type="NON_COMMODITY", schedule=flat(0.1))
    body = {"location_id": at, "end_time": span[1], "tariff_direction": "EXPORT"}
    error(await tenant.post("/prices", body), 422, "no_tariff_connected")

    await tenant.tariff(at, direction="EXPORT", schedule=flat(0.07))

    export = await quote(tenant, at, *span, tariff_direction="EXPORT")
    assert (export["tariff_direction"], values(export)) == ("EXPORT", [0.07])
    assert values(await quote(tenant, at, *span)) == [0.35]


async def test_own_power_costs_nothing_until_it_has_a_tariff(tenant: Tenant) -> None:
    at = await place(tenant)
    span = ("2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z")

    free = await quote(tenant, at, *span, tariff_direction="LOCAL")
    assert (values(free), confidences(free)) == ([0], [1])
    await tenant.tariff(at, direction="LOCAL", schedule=flat(0.04))
    assert values(await quote(tenant, at, *span, tariff_direction="LOCAL")) == [0.04]


async def test_a_devices_tariff_replaces_the_places_energy_for_it(tenant: Tenant) -> None:
    at = await place(tenant)
    car, pump = [(await tenant.device(at))["id"] for _ in range(2)]
    await tenant.tariff(at)
    await tenant.tariff(at, type="NON_COMMODITY", schedule=flat(0.1))
    await tenant.tariff(at, devices=[car], schedule=flat(0.05))
    span = ("2026-03-02T00:00:00Z", "2026-03-02T01:00:00Z")

    for_car = await quote(tenant, at, *span, device_id=car)
    assert (for_car["device_id"], values(for_car)) == (car, [0.15])
    assert values(await quote(tenant, at, *span, device_id=pump)) == [0.35]
    assert values(await quote(tenant, at, *span)) == [0.35]


async def test_a_devices_tariff_is_none_for_the_place(tenant: Tenant) -> None:
    at = await place(tenant)
    car = (await tenant.device(at))["id"]
    await tenant.tariff(at, devices=[car])
    body = {"location_id": at, "end_time": "2026-03-02T00:00:00Z"}

    error(await tenant.post("/prices", body), 422, "no_tariff_connected")
    assert (await tenant.post("/prices", {**body, "device_id": car})).status_code == 200


async def test_a_device_of_elsewhere_is_refused(world: World, tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at)
    far = (await tenant.device(await place(tenant)))["id"]
    own = {"location_id": at, "end_time": "2026-03-02T00:00:00Z", "device_id": far}
    error(await tenant.post("/prices", own), 422, "device_not_at_location", "device_id")
    stranger = await world.tenant("a stranger")
    theirs = (await stranger.device(await place(stranger)))["id"]
    body = {"location_id": at, "end_time": "2026-03-02T00:00:00Z", "device_id": theirs}

    error(await tenant.post("/prices", body), 404, "device_not_found", "device_id")


async def test_vat_is_added_limits_hold_before_it_and_prices_have_six_places(
    tenant: Tenant,
) -> None:
    span = ("2026-03-02T00:00:00Z", "2026-03-02T01:00:00Z")
    for fields, value in (
        ({"vat": 0.21}, 0.25),
        ({"vat": 0.21, "vat_included": False}, 0.3025),
        ({"vat": 0.2, "vat_included": False, "cap_per_kwh": 0.2}, 0.24),
        ({"vat": 0.2, "vat_included": False, "floor_per_kwh": 0.3}, 0.36),
        ({"schedule": flat("1/3")}, 0.333333),
        ({"schedule": flat(-0.0)}, 0.0),
        ({"schedule": flat(-0.05)}, -0.05),
        ({"schedule": flat(0.0000025)}, 0.000002),
        ({"schedule": flat(-0.0000001)}, 0.0),
    ):
        at = await place(tenant)
        await tenant.tariff(at, **fields)
        answer = await quote(tenant, at, *span)
        assert values(answer) == [value], fields
        assert not str(values(answer)[0]).startswith("-0.0") or value < 0


# Time.


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


# Market.


async def test_market_intervals_are_shown_as_published_equal_ones_too(tenant: Tenant) -> None:
    at = await place(tenant)
    await market(tenant, at, hourly(MARCH, [0.1, 0.1, 0.2, -0.05]))

    answer = await quote(tenant, at, "2026-03-01T00:30:00Z", "2026-03-01T04:00:00Z")

    assert values(answer) == [0.1, 0.1, 0.2, -0.05]
    assert confidences(answer) == [1, 1, 1, 1]
    assert edges(answer)[:2] == ["2026-03-01T00:30:00Z", "2026-03-01T01:00:00Z"]


async def test_surcharges_and_units_are_applied(tenant: Tenant) -> None:
    at = await place(tenant)
    source = await tenant.market_source(unit="MWH")
    await tenant.publish(source["id"], hourly(MARCH, [100.0, -20.0]))
    rate = [{"surcharge_fixed": 0.02, "surcharge_percentage": 0.5}]
    await tenant.tariff(
        at,
        market_rates=True,
        market_source_id=source["id"],
        schedule=flat(rate),
        floor_per_kwh=0.0,
        vat=0.1,
        vat_included=False,
    )

    answer = await quote(tenant, at, text(MARCH), text(MARCH + 2 * HOUR))

    assert values(answer) == [0.198, 0.0]


async def test_a_price_corrected_later_is_the_price(world: World, tenant: Tenant) -> None:
    at = await place(tenant)
    source = await market(tenant, at, hourly(MARCH, [0.1]))
    before = await quote(tenant, at, text(MARCH), text(MARCH + HOUR))
    world.clock.forward(minutes=5)
    await tenant.publish(source["id"], hourly(MARCH, [0.4]))

    after = await quote(tenant, at, text(MARCH), text(MARCH + HOUR))

    assert (values(before), values(after)) == ([0.1], [0.4])
    assert before["last_updated"] == "2026-03-01T10:00:00.123Z"
    assert after["last_updated"] == "2026-03-01T10:05:00.123Z"


async def test_a_price_not_published_is_the_mean_of_days_of_its_kind(tenant: Tenant) -> None:
    at = await place(tenant)
    days = {
        datetime(2026, 2, 18, tzinfo=UTC): 9.0,
        datetime(2026, 2, 23, tzinfo=UTC): 0.1,
        datetime(2026, 2, 24, tzinfo=UTC): 0.2,
        datetime(2026, 2, 25, tzinfo=UTC): 0.3,
        datetime(2026, 2, 26, tzinfo=UTC): 0.4,
        datetime(2026, 2, 28, tzinfo=UTC): 5.0,
    }
    prices = [one for day, value in days.items() for one in hourly(day, [value] * 24)]
    await market(tenant, at, prices)

    monday = await quote(tenant, at, "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z")
    assert (values(monday), confidences(monday)) == ([0.25], [0.5])
    sunday = await quote(tenant, at, "2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z")
    assert (values(sunday), confidences(sunday)) == ([5.0], [0.3])


async def test_one_day_of_the_kind_is_a_weak_forecast_and_none_in_two_weeks_no_price(
    tenant: Tenant,
) -> None:
    at = await place(tenant)
    await market(tenant, at, hourly(datetime(2026, 2, 26, tzinfo=UTC), [0.4] * 24))

    monday = await quote(tenant, at, "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z")
    assert (values(monday), confidences(monday)) == ([0.4], [0.3])
    old = await place(tenant)
    await market(tenant, old, hourly(datetime(2026, 2, 1, tzinfo=UTC), [0.4] * 24), code="OLD")
    body = {"location_id": old, "end_time": "2026-03-02T11:00:00Z"}
    refused = error(await tenant.post("/prices", body), 422, "no_price_data")
    assert "2026-03-01T1" in refused["message"]
    empty = await place(tenant)
    await market(tenant, empty, [], code="EMPTY")
    error(await tenant.post("/prices", {**body, "location_id": empty}), 422, "no_price_data")


async def test_a_far_future_is_forecast_in_time(tenant: Tenant) -> None:
    at = await place(tenant)
    await market(tenant, at, hourly(datetime(2026, 2, 26, tzinfo=UTC), [0.4] * 48))
    before = time.perf_counter()

    answer = await quote(tenant, at, "9000-01-01T00:00:00Z", "9000-01-02T00:00:00Z")

    assert time.perf_counter() - before < 1
    assert (set(values(answer)), set(confidences(answer))) == ({0.4}, {0.2})


async def test_the_sum_is_as_sure_as_its_least_sure_part(tenant: Tenant) -> None:
    at = await place(tenant)
    prices = hourly(datetime(2026, 2, 26, tzinfo=UTC), [0.4] * 48)
    await market(tenant, at, prices)
    await tenant.tariff(at, type="NON_COMMODITY", schedule=flat(0.1))

    answer = await quote(tenant, at, "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z")

    assert (values(answer), confidences(answer)) == ([0.5], [0.5])


async def test_the_next_update_is_when_the_market_publishes(world: World, tenant: Tenant) -> None:
    at = await place(tenant)
    await market(tenant, at, hourly(MARCH, [0.1] * 24), publishes_at="12:55")
    span = (text(MARCH), text(MARCH + HOUR))

    assert (await quote(tenant, at, *span))["next_update"] == "2026-03-01T11:55:00Z"
    world.clock.forward(hours=3)
    tenant = await world.log_in(tenant.account_id, tenant.secret)
    assert (await quote(tenant, at, *span))["next_update"] == "2026-03-02T11:55:00Z"


async def test_without_market_and_next_edge_there_is_no_next_update(tenant: Tenant) -> None:
    at = await place(tenant)
    span = ("2026-03-02T00:00:00Z", "2026-03-02T01:00:00Z")
    await tenant.tariff(at, contract_start_date="2020-01-01", contract_end_date="2026-01-01")

    assert (await quote(tenant, at, *span))["next_update"] is None


# Changes of the place.


async def test_a_deleted_tariff_prices_nothing(tenant: Tenant) -> None:
    at = await place(tenant)
    made = await tenant.tariff(at)
    span = ("2026-03-02T00:00:00Z", "2026-03-02T01:00:00Z")
    assert values(await quote(tenant, at, *span)) == [0.25]
    await tenant.patch(f"/tariffs/{made['id']}", {"schedule": flat(0.5)})
    assert values(await quote(tenant, at, *span)) == [0.5]

    await tenant.delete(f"/tariffs/{made['id']}")

    body = {"location_id": at, "end_time": span[1]}
    error(await tenant.post("/prices", body), 422, "no_tariff_connected")


async def test_windows_are_read_in_the_places_zone(tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at, schedule=DAY_AND_NIGHT)
    span = ("2026-07-01T21:30:00Z", "2026-07-01T22:00:00Z")
    assert values(await quote(tenant, at, *span)) == [0.1]

    moved = await tenant.patch(f"/locations/{at}", {"timezone": "Europe/London"})

    assert moved.status_code == 200, moved.text
    answer = await quote(tenant, at, *span)
    assert (answer["location_timezone"], values(answer)) == ("Europe/London", [0.3])
