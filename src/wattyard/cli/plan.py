"""`wattyard plan`: when a battery or a car should charge, as a chart."""

from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.text import Text

from wattyard.app import Services
from wattyard.cli import plan_chart
from wattyard.cli.accounts import AccountOption, print_json
from wattyard.cli.database import DatabaseOption, DataOption, JsonOption, run
from wattyard.cli.tariffs import ModeOption, context_of
from wattyard.kernel import civil, ids
from wattyard.kernel.context import Context
from wattyard.kernel.quantities import rounded
from wattyard.platform.decoding import convert, json_value
from wattyard.schedules.domain.charge_request import ChargeAnswer
from wattyard.schedules.service import Charges
from wattyard.schedules.wire.charges import DeviceChargeBody, charge_json, charge_request
from wattyard.schedules.wire.heads import Named

_FULL = 100.0
_ASSUMED = ", the site uses what the battery gives in place of energy from the grid"


def plan(
    device: Annotated[str, typer.Argument(help="dev_…")],
    account: AccountOption,
    mode: ModeOption,
    charge: Annotated[
        float | None,
        typer.Option(help="Present state of charge in per cent; default: as reported."),
    ] = None,
    target: Annotated[
        float | None, typer.Option(help="State of charge to reach, in per cent.")
    ] = None,
    reserve: Annotated[
        float | None, typer.Option(help="State of charge never to go below, in per cent.")
    ] = None,
    hours: Annotated[
        float | None, typer.Option(help="Hours to plan; default: as far as prices are known.")
    ] = None,
    ready_by: Annotated[
        str | None, typer.Option("--ready-by", help="When the target is due: RFC 3339.")
    ] = None,
    location: Annotated[
        str | None, typer.Option(help="loc_…, if the device is at several.")
    ] = None,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Show when a battery or a car charges and discharges at least cost, beside the prices."""
    fields = {
        "state_of_charge_percent": charge,
        "target_state_of_charge_percent": target,
        "backup_reserve_percent": reserve,
        "schedule_horizon": hours,
        "ready_by": ready_by,
        "location_id": location,
    }
    body = convert({k: v for k, v in fields.items() if v is not None}, DeviceChargeBody)

    async def work(services: Services) -> tuple[Context, Named, ChargeAnswer]:
        context = await context_of(services, account, mode)
        made = Named(ids.wire("ssc", context.new_id()), context.now)
        request = charge_request(body, device, made.made)
        return context, made, await services.get(Charges).plan(context, request)

    context, named, answer = run(data, database, work)
    if json:
        print_json(json_value(charge_json(context.caller, named, answer, None)))
    else:
        _show(answer)


def _show(answer: ChargeAnswer) -> None:
    (own,) = answer.plan.storages
    zone = civil.zone(answer.site.timezone)
    held = np.append(answer.storage.energy_wh, own.held_wh[:-1])
    steps = plan_chart.PlannedSteps(
        answer.plan.steps.edges_us,
        answer.plan.steps.import_per_kwh,
        own.charge_w - own.discharge_w,
        _FULL * (held + own.held_wh) / 2 / answer.storage.capacity_wh,
    )
    around = answer.surroundings
    console = Console(soft_wrap=True)
    console.print(Text(f"Plan of dev_{answer.device_id.hex} ({zone.key})", style="bold"))
    console.print(plan_chart.draw(steps, zone))
    first, last = (_FULL * wh / answer.storage.capacity_wh for wh in (held[0], own.held_wh[-1]))
    console.print(
        f"adds {answer.site.currency_code} {rounded(own.cost, 2):.2f} to the bill "
        f"(confidence {own.confidence:.2f})   charge {first:.0f} % → {last:.0f} %   "
        f"{own.status.lower()}"
        + (f": {own.reason}, {own.shortfall_wh:.0f} Wh are missing" if own.reason else ""),
        highlight=False,
    )
    console.print(
        f"sun: {around.pv.source.lower()}   base load: {around.base_load.source.lower()}"
        + (_ASSUMED if around.base_load.source == "ASSUMED" else ""),
        style="dim",
        highlight=False,
    )
