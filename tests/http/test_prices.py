"""What a kWh costs (contract 2, Prices)."""

from datetime import UTC, datetime
from typing import Any

from tests.support.pricing import DAY_AND_NIGHT, edges, place, quote, values
from tests.support.world import Tenant, World, error

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
"""The fake clock says 10:00:00.123Z on this Sunday."""


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
    ("0001-01-01T00:00:00+14:00", "0001-01-02T00:00:00Z", "end_time_invalid"),
    ("9999-12-31T00:00:00Z", "9999-12-31T23:59:59-14:00", "end_time_invalid"),
    ("1899-12-31T23:59:59Z", "1900-01-02T00:00:00Z", "start_time_invalid"),
    ("9999-12-30T00:00:00Z", "9999-12-31T00:00:00Z", "end_time_invalid"),
    ("2199-12-31T00:00:00Z", "2200-01-01T00:00:00Z", "end_time_invalid"),
    ("0000-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "start_time_invalid"),
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
