"""`wattyard plan`: when a battery or a car should charge, or a whole site, as a chart."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from wattyard.app import Services
from wattyard.cli import plan_chart
from wattyard.cli.accounts import AccountOption
from wattyard.cli.database import run
from wattyard.cli.options import DatabaseOption, DataOption, JsonOption
from wattyard.cli.plan_chart import Lane
from wattyard.cli.printing import print_json
from wattyard.cli.site_plan import PlanOutput, fields_of, plan_site
from wattyard.cli.svg_files import SvgOption, write_plan
from wattyard.cli.tariffs import ModeOption, context_of
from wattyard.cli.wording import SITE_PLAN, requested_in
from wattyard.kernel import civil, ids
from wattyard.kernel.arrays import np
from wattyard.kernel.context import Context
from wattyard.kernel.quantities import rounded
from wattyard.platform.decoding import convert, json_value
from wattyard.schedules.domain.by_state_of_charge.request import ChargeAnswer
from wattyard.schedules.service import ChargePlans
from wattyard.schedules.wire.heads import Named
from wattyard.schedules.wire.state_of_charge import DeviceChargeBody, charge_json, charge_request

_FULL = 100.0
_ASSUMED = ", the site uses what the battery gives in place of energy from the grid"


def plan(
    account: AccountOption,
    mode: ModeOption,
    device: Annotated[str | None, typer.Argument(help="dev_…; none with --site.")] = None,
    site: Annotated[
        str | None, typer.Option(help="loc_…: plan everything behind its meter together.")
    ] = None,
    request: Annotated[
        Path | None,
        typer.Option(help="With --site: a body of POST /schedules/site as JSON; - is stdin."),
    ] = None,
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
    svg: SvgOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Show when a battery or a car charges at least cost, or with --site what all devices do."""
    alone = {"--charge": charge, "--target": target, "--reserve": reserve, "--ready-by": ready_by}
    if site is not None:
        _check_alone({"a device": device, "--location": location, **alone})
        asked = {**fields_of(request), "location_id": site}
        if hours is not None:
            asked["schedule_horizon"] = hours
        with requested_in(SITE_PLAN):
            plan_site(
                asked, account, mode, shown=PlanOutput(json, svg), data=data, database=database
            )
        return
    if device is None:
        raise typer.BadParameter("name a device, dev_…, or a site with --site loc_…")
    if request is not None:
        raise typer.BadParameter("--request can only be used with --site")
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
        return context, made, await services.get(ChargePlans).plan(context, request)

    context, named, answer = run(data, database, work)
    if json:
        print_json(json_value(charge_json(context.caller, named, answer, None)))
    else:
        _show(answer, svg)


def _check_alone(given: dict[str, object]) -> None:
    """Refuse what says how one device is planned; for a site it is in `devices` of a request."""
    found = [name for name, value in given.items() if value is not None]
    if found:
        raise typer.BadParameter(
            f"{found[0]} cannot be used with --site; put it in the devices of --request"
        )


def _show(answer: ChargeAnswer, svg: Path | None) -> None:
    (own,) = answer.plan.storages
    zone = civil.zone(answer.site.timezone)
    held = _FULL * np.append(answer.storage.energy_wh, own.held_wh) / answer.storage.capacity_wh
    steps = answer.plan.steps
    lanes = [
        Lane("price", steps.import_per_kwh, "price"),
        Lane("runs", own.charge_w - own.discharge_w, "power"),
        Lane("holds", (held[:-1] + held[1:]) / 2, "percent", held),
    ]
    title = f"Plan of dev_{answer.device_id.hex}"
    if svg is not None:
        write_plan(svg, steps.edges_us, lanes, zone, titles=(title, answer.site.currency_code))
        return
    around = answer.surroundings
    console = Console(soft_wrap=True)
    console.print(Text(f"{title} ({zone.key})", style="bold"))
    console.print(plan_chart.draw(steps.edges_us, lanes, zone))
    console.print(
        f"adds {answer.site.currency_code} {rounded(own.cost, 2):.2f} to the bill "
        f"(confidence {own.confidence:.2f})   charge {held[0]:.0f} % → {held[-1]:.0f} %   "
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
