"""Which tariffs make the price of a kWh (contract 2, Prices)."""

from datetime import UTC, datetime

from tests.support.pricing import DAY_AND_NIGHT, confidences, edges, place, quote, values
from tests.support.tariff_bodies import entry, flat, hours
from tests.support.world import Tenant, World, error

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
"""The fake clock says 10:00:00.123Z on this Sunday."""


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
