"""What happens at the sample fleet: customers, states of devices, a kept plan, a failing webhook.

Each function brings its part up to now and may be called at every start: what is there already is
left as it is.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from wattyard.app import Services
from wattyard.cli.sample_fleet import CUSTOMERS, customer_reference
from wattyard.events.domain.endpoints import EndpointDraft
from wattyard.events.service import Endpoints
from wattyard.kernel import ids
from wattyard.kernel.context import Context
from wattyard.kernel.pages import PageWindow
from wattyard.kernel.refusals import Missing
from wattyard.kernel.values import dataclass
from wattyard.platform.decoding import convert
from wattyard.schedules.service import ChargePlans, KeptPlans
from wattyard.schedules.wire.heads import Named
from wattyard.schedules.wire.kept_plans import charge_to_keep
from wattyard.schedules.wire.state_of_charge import DeviceChargeBody, charge_json, charge_request
from wattyard.sites.domain.sites import CustomerDraft
from wattyard.sites.domain.states import StateReport
from wattyard.sites.service import Customers, Sites, States

RECEIVER: Final = "https://127.0.0.1:9/wattyard"
"""Where the sample's webhooks go: to nobody, on this machine."""
_SEED: Final = 20260204
_AT_ONCE: Final = 100
_STEP: Final = timedelta(minutes=15)
_HISTORY: Final = 24
"""How many states of the shown battery there are, an hour apart."""
_NEVER_SEEN, _SILENT = 0.02, 0.08
_WITH_STATES: Final = 24
"""Only so many devices report a charge, so that a start stays quick."""


class _Device(msgspec.Struct):
    id: str
    type: str
    reference_id: str
    last_seen: datetime | None


class _Summary(msgspec.Struct):
    """What is read of a site as the list shows it."""

    id: str
    status: str
    devices: list[_Device]


@dataclass(frozen=True, slots=True)
class SampleDevice:
    """A device of the sample; `number` is that of its site."""

    id: UUID
    number: int
    type: str
    reference_id: str
    last_seen: datetime | None


async def add_customers(services: Services, context: Context) -> dict[str, str]:
    """Add the customers that are missing; their ids (`cus_…`) by their references."""
    customers = services.get(Customers)
    known = await customers.page(context, PageWindow(_AT_ONCE))
    found = {one.reference_id: ids.wire("cus", one.id) for one in known.items}
    references = {customer_reference(1 + 5 * n) or "" for n in range(CUSTOMERS)}
    for reference in sorted(references - found.keys()):
        made = await customers.add(context, CustomerDraft(reference, {"sample": "true"}))
        found[reference] = ids.wire("cus", made.id)
    return {reference: id_ for reference, id_ in found.items() if reference}


async def sample_devices(services: Services, context: Context) -> list[SampleDevice]:
    """List the devices of sample sites that are in service."""
    found: list[SampleDevice] = []
    window = PageWindow(_AT_ONCE)
    while True:
        page = await services.get(Sites).summaries(context, window)
        sites = [msgspec.json.decode(summary, type=_Summary) for summary in page.items]
        for site in sites:
            if site.status == "ACTIVE":
                found += _devices_of(site)
        if not page.has_more:
            return sorted(found, key=lambda one: one.reference_id)
        oldest = ids.read(sites[-1].id, "ste", param="id")
        window = PageWindow(_AT_ONCE, older_than=oldest)


def _devices_of(site: _Summary) -> Iterator[SampleDevice]:
    for one in site.devices:
        kind, _, rest = one.reference_id.partition("-")
        if kind == "sample" and rest[:4].isdigit():
            id_ = ids.read(one.id, "dev", param="id")
            yield SampleDevice(id_, int(rest[:4]), one.type, one.reference_id, one.last_seen)


def sightings(devices: list[SampleDevice], now: datetime) -> dict[UUID, datetime]:
    """When devices were seen: most within minutes of now, some days ago, a few never.

    One that is silent is not seen again by a later start.
    """
    seen: dict[UUID, datetime] = {}
    for device in devices:
        random_ = random.Random(f"{_SEED} {device.reference_id}")  # noqa: S311 (sample data)
        fate, ago = random_.random(), random_.random()
        if fate < _NEVER_SEEN:
            continue
        if fate < _NEVER_SEEN + _SILENT:
            if device.last_seen is None:
                seen[device.id] = now - timedelta(days=2 + 9 * ago)
            continue
        seen[device.id] = now - timedelta(minutes=14 * ago)
    return seen


async def report_states(
    services: Services, context: Context, devices: list[SampleDevice], shown: SampleDevice
) -> None:
    """Let devices be seen, and batteries and cars report what they hold."""
    states = services.get(States)
    seen = sightings(devices, context.now)
    seen[shown.id] = context.now
    await states.see(context, seen)
    holding = [one for one in devices if one.type in ("BATTERY_SYSTEM", "EV_CHARGER")]
    for device in holding[:_WITH_STATES]:
        if device.id in seen and device != shown:
            await states.report(context, device.id, _state(device, seen[device.id]))
    for hours in range(_HISTORY, -1, -1):
        at = context.now - timedelta(hours=hours)
        await states.report(context, shown.id, _state(shown, at))


def _state(device: SampleDevice, at: datetime) -> StateReport:
    """Make up the state of a device at a time; twice in a quarter of an hour, the same one."""
    quarter = at - (at - datetime.min.replace(tzinfo=at.tzinfo)) % _STEP
    random_ = random.Random(f"{_SEED} {device.reference_id} {quarter}")  # noqa: S311 (sample data)
    hour = quarter.hour + quarter.minute / 60
    by_day = 0.5 - 0.5 * abs((hour - 14) / 12)  # fullest in the early afternoon, UTC
    percent = round(30 + 55 * by_day + random_.uniform(-8, 8), 1)
    power_kw = round(random_.uniform(0.4, 2.4) * (1 if 8 <= hour < 14 else -1), 2)
    battery = device.type == "BATTERY_SYSTEM"
    return StateReport(
        time=at,
        state_of_charge_percent=percent,
        target_state_of_charge_percent=None if battery else 80.0,
        battery_power_kw=power_kw if battery else 0.0,
        energy_flow_direction=None if not battery else "IMPORT" if power_kw > 0 else "EXPORT",
        backup_reserve_percent=10.0 if battery else None,
        record_reference_id=f"sample {quarter:%Y-%m-%dT%H:%M}",
    )


async def keep_plan(services: Services, context: Context, device: SampleDevice) -> None:
    """Plan a battery and keep the plan, unless one is kept that is not over yet."""
    kept, named = services.get(KeptPlans), ids.wire("dev", device.id)
    try:
        plan, _ = await kept.of_device(context, device.id)
    except Missing:
        pass
    else:
        if plan.until > context.now:
            return
    body = convert({"backup_reserve_percent": 10, "explain": True}, DeviceChargeBody)
    made = Named(ids.wire("ssc", context.new_id()), context.now)
    answer = await services.get(ChargePlans).plan(context, charge_request(body, named, made.made))
    document = charge_json(context.caller, made, answer, None)
    await kept.keep(context, charge_to_keep(body, named, answer), document)


async def add_receiver(services: Services, context: Context) -> None:
    """Add a webhook endpoint that cannot be reached, and send it an event: the delivery fails."""
    endpoints = services.get(Endpoints)
    known = await endpoints.page(context, PageWindow(_AT_ONCE))
    if any(one.url == RECEIVER for one in known.items):
        return
    description = "Sample: nobody listens at this address, so that a failed delivery can be seen"
    draft = EndpointDraft(RECEIVER, ("tariff.*", "market_source.*"), description)
    made, _ = await endpoints.add(context, draft)
    await endpoints.test(context, made.id)
