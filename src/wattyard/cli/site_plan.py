"""`wattyard plan --site`: what everything behind one meter does, as a chart."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from wattyard.app import Services
from wattyard.cli import plan_chart
from wattyard.cli.accounts import Mode
from wattyard.cli.database import run
from wattyard.cli.options import CommandFailed
from wattyard.cli.plan_chart import Lane
from wattyard.cli.printing import print_json
from wattyard.cli.svg_files import write_plan
from wattyard.cli.tariffs import context_of
from wattyard.kernel import civil, ids
from wattyard.kernel.arrays import np
from wattyard.kernel.clock_changes import instant
from wattyard.kernel.quantities import rounded
from wattyard.platform.decoding import convert, json_value
from wattyard.schedules.domain.site.assembly import SiteAnswer
from wattyard.schedules.domain.site.plan import SiteDevicePlan, SiteSlot
from wattyard.schedules.service import SitePlans
from wattyard.schedules.wire.heads import Named
from wattyard.schedules.wire.site_plans import site_json
from wattyard.schedules.wire.site_requests import site_form, site_request
from wattyard.schedules.wire.site_wishes import SitePlanBody
from wattyard.sites.service import Devices

_FULL = 100.0
_IDLE_W = 1.0


class PlanOutput(NamedTuple):
    """How a plan is shown: as JSON, as a picture in a file, or else in the terminal."""

    json: bool
    svg: Path | None


def plan_site(
    fields: dict[str, Any],
    account: str,
    mode: Mode,
    *,
    shown: "PlanOutput",
    data: Path | None,
    database: str | None,
) -> None:
    """Plan a site by the fields of a body of `POST /schedules/site`, and show or print it."""
    body = convert({"explain": True, **fields}, SitePlanBody)

    async def work(services: Services) -> tuple[bytes, SiteAnswer, dict[UUID, str]]:
        context = await context_of(services, account, mode)
        named = Named(ids.wire("spn", context.new_id()), context.now)
        answer = await services.get(SitePlans).plan(context, site_request(body, named.made))
        devices = await services.get(Devices).at_site(context, answer.site.id)
        names = {one.id: f"{one.reference_id}"[:24] for one in devices}
        return site_json(context.caller, named, answer, site_form(body)), answer, names

    document, answer, names = run(data, database, work)
    if shown.json:
        print_json(json_value(document))
    elif shown.svg is not None:
        zone, currency_code = civil.zone(answer.site.timezone), answer.site.currency_code
        titles = (f"Plan of loc_{answer.site.id.hex}", currency_code)
        write_plan(shown.svg, answer.plan.edges_us, _lanes(answer, names), zone, titles=titles)
    else:
        _show(answer, names)


def fields_of(file: Path | None) -> dict[str, Any]:
    """Read a body from a file, or from stdin where it is `-`; nothing is an empty one.

    Raises:
        CommandFailed: when the file cannot be read, or its JSON is no object.
        JsonInvalid: when it is not JSON.
    """
    if file is None:
        return {}
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as fault:
        raise CommandFailed(f"{file} cannot be read: {fault.strerror}") from None
    fields = json_value(raw)
    if not isinstance(fields, dict):
        raise CommandFailed("--request must be a JSON object, a body of POST /schedules/site")
    return fields


def _show(answer: SiteAnswer, names: dict[UUID, str]) -> None:
    zone = civil.zone(answer.site.timezone)
    console = Console(soft_wrap=True, highlight=False)
    console.print(Text(f"Plan of loc_{answer.site.id.hex} ({zone.key})", style="bold"))
    console.print(plan_chart.draw(answer.plan.edges_us, _lanes(answer, names), zone))
    for line in _costs(answer):
        console.print(line)
    for device_id in answer.case.answered:
        own = _plan_of(answer, device_id)
        console.print(Text(f"{names[device_id]}: {own.status.lower() if own else 'not planned'}"))
        for slot in own.slots if own else ():
            console.print(f"  {_slot_text(slot, answer, own, zone)}", style="dim")
        for missed in own.shortfalls if own else ():
            console.print(f"  misses {missed.missing:.0f} {missed.unit} ({missed.reason})")
    for warning in answer.case.warnings:
        console.print(Text(warning.message, style="yellow"))


def _plan_of(answer: SiteAnswer, device_id: UUID) -> SiteDevicePlan | None:
    name = ids.wire("dev", device_id)
    return next((one for one in answer.plan.devices if one.device == name), None)


def _lanes(answer: SiteAnswer, names: dict[UUID, str]) -> list[Lane]:
    """List price, grid and sun, then the power of each device, with its charge where it has one."""
    question, flows = answer.case.question, answer.plan.flows
    lanes = [Lane("price", question.import_per_kwh, "price")]
    if question.export_per_kwh is not None:
        lanes.append(Lane("export price", question.export_per_kwh, "price"))
    lanes.append(Lane("grid", flows.import_w - flows.export_w, "power"))
    capacities = {store.device: (store.capacity_wh, store.energy_wh) for store in question.storages}
    for device_id in answer.case.answered:
        own = _plan_of(answer, device_id)
        if own is None:
            continue
        lanes.append(Lane(names[device_id], own.power_w, "power"))
        if own.held_wh is not None:
            capacity_wh, start_wh = capacities[own.device]
            held = _FULL * np.append(start_wh, own.held_wh) / capacity_wh
            lanes.append(Lane("  charge", (held[:-1] + held[1:]) / 2, "percent", held))
    return lanes


def _costs(answer: SiteAnswer) -> Sequence[str]:
    """Say what the plan costs, of which parts, and what it saves."""
    cost, code = answer.plan.cost, answer.site.currency_code
    parts = [f"energy {_money(cost.energy)}"]
    parts += [
        f"{name} {_money(value)}"
        for name, value in (
            ("export", -cost.export),
            ("demand charges", cost.demand),
            ("wear", cost.wear),
            ("preferences", cost.preferences),
            ("stored", -cost.stored),
        )
        if value
    ]
    lines = [f"costs {code} {_money(cost.total)}   ({', '.join(parts)})"]
    baseline, savings = answer.plan.baseline, answer.plan.savings
    if baseline is not None and savings is not None:
        lines.append(
            f"without planning {code} {_money(baseline.total)}   saves {_money(savings.value)} "
            f"({rounded(savings.percent, 1):g} %)"
        )
    return [*lines, f"{answer.plan.status.lower()}   confidence {cost.confidence:.2f}"]


def _money(value: float) -> str:
    return f"{rounded(value, 2):.2f}"


def _slot_text(
    slot: SiteSlot, answer: SiteAnswer, own: SiteDevicePlan | None, zone: ZoneInfo
) -> str:
    start, end = (instant(at).astimezone(zone) for at in (slot.start_us, slot.end_us))
    way = "gives" if slot.power_w < 0 else "takes"
    text = f"{start:%a %H:%M} to {end:%H:%M}  {way} {abs(slot.power_w) / 1000:.2f} kW"
    capacity = next(
        (s.capacity_wh for s in answer.case.question.storages if own and s.device == own.device),
        None,
    )
    if slot.held_wh is not None and capacity:
        text += f"  → {_FULL * slot.held_wh / capacity:.0f} %"
    if slot.temperature_c is not None:
        text += f"  → {slot.temperature_c:.1f} °C"
    return text + (f"  {slot.why}" if slot.why else "")
