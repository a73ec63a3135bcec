"""The screen Plan: when devices run, what that costs and saves, and a new plan by other wishes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

import htpy as h
from htpy import Node

from wattyard.kernel import civil
from wattyard.kernel.clock_changes import microseconds
from wattyard.kernel.refusals import Refusal
from wattyard.people.domain import Role
from wattyard.platform.http import Answer
from wattyard.schedules.domain.refusals import NoDeviceState
from wattyard.schedules.service import KeptPlans, PlannedSites
from wattyard.sites.service import SiteSearches, States
from wattyard.web.charts.page import chart
from wattyard.web.charts.plans import plan_chart
from wattyard.web.charts.reading import ChartReader
from wattyard.web.charts.series import StepSeries
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.declare import DashboardPage, Screen, page
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.forms import FormFaults, sentence, worded
from wattyard.web.dashboard.screens import plan_form, plan_savings, plan_words, tariff_words
from wattyard.web.dashboard.screens.plan_documents import (
    SOLAR,
    DeviceRun,
    PlanShown,
    Wishes,
    lanes_of,
    plan_of,
    quoted_prices,
    runs_of,
    site_prices,
)
from wattyard.web.dashboard.screens.plan_question import (
    PlanQuestion,
    kept_plan,
    named,
    new_plan,
    question_of,
    with_names,
)
from wattyard.web.dashboard.screens.plan_wishes import wishes_of
from wattyard.web.dashboard.screens.site_choice import Filter, choice, title_of
from wattyard.web.dashboard.visit import Visit

PATH: Final = plan_form.PATH
_MOST_RUNS: Final = 40


@page("GET", PATH)
async def plans(
    visit: Visit,
    searches: SiteSearches,
    states: States,
    kept_plans: KeptPlans,
    planned: PlannedSites,
) -> Screen:
    """Show the plan of a site or of a device: the kept one, or one by the wishes of the form."""
    if not visit.query.get("location") and not visit.query.get("device"):
        found = await choice(
            visit,
            searches,
            PATH,
            lambda id_: visit.link(PATH, location=id_),
            filter_=Filter("plans", "with a kept plan", planned),
        )
        lead = h.p["When the devices of a site run at least cost, and what that saves."]
        return Screen(title="Charging plans", path=PATH, body=[lead, found])
    question = await question_of(visit, visit.query)
    kept = None if question.submitted else await kept_plan(visit, question, kept_plans)
    made, refusal = (kept[0], None) if kept is not None else await new_plan(visit, question)
    reports = await question.reports(visit, states)
    form = visit.formats(question.zone.key)
    body = [_switch(visit, question)]
    if made is not None:
        request = question.body if kept is None else kept[1]
        shown = plan_of(made)
        prices = await _prices(visit, shown)
        asked = wishes_of(shown, request, reports, question.types)
        body += _outcome(visit, question, shown, plan_savings.note(form, shown, prices, request))
        body += _shown(visit, question, shown, prices, asked)
    elif refusal is not None and not question.submitted:
        body.append(_cannot(visit, question, refusal))
    faults = FormFaults(refusal if question.submitted else None)
    body.append(plan_form.card(visit, question, faults, reports, again=made is not None))
    if made is not None:
        body.append(_call(visit))
    return Screen(
        title=f"Charging plan of {_title(question)}",
        path=PATH,
        above=_above(visit, question),
        actions=_state(made, form, visit, question),
        body=body,
        status=422 if refusal is not None and question.submitted else 200,
    )


@page("GET", "/sites/{site}/plan")
async def plan_of_site(visit: Visit, site: str) -> Answer:
    """Lead to the plan of a site."""
    return visit.go(visit.link(PATH, location=site.replace("ste_", "loc_")))


@page("POST", PATH, role=Role.DEVELOPER)
async def keep_plan(visit: Visit, searches: SiteSearches, states: States) -> Screen | Answer:
    """Keep a plan by the wishes of the form; it is made anew when prices are published."""
    question = await question_of(visit, visit.form)
    try:
        query = {"keep": "true"}
        await visit.change("POST", question.path, query=query, body=question.body, computes=True)
    except Refusal as refusal:
        reports = await question.reports(visit, states)
        faults = FormFaults(with_names(refusal, question))
        return Screen(
            title=f"Charging plan of {_title(question)}",
            path=PATH,
            above=_above(visit, question),
            body=plan_form.card(visit, question, faults, reports, again=True),
            status=422,
        )
    device = question.device["id"] if question.device is not None else None
    return visit.go(
        visit.link(PATH, location=question.location["id"], device=device),
        told="The plan is kept. It is renewed when prices are published.",
    )


def _title(question: PlanQuestion) -> str:
    if question.device is None:
        return title_of(question.location)
    return question.names[question.device["id"]]


def _above(visit: Visit, question: PlanQuestion) -> Sequence[tuple[str, str]]:
    site_id = question.location["id"].replace("loc_", "ste_")
    return (
        ("Sites", visit.link("/sites")),
        (title_of(question.location), visit.link(f"/sites/{site_id}")),
    )


def _switch(visit: Visit, question: PlanQuestion) -> Node:
    """Lead from the plan of the site to those of its devices, and back."""
    location_id = question.location["id"]
    choices = [(None, "Everything at this site")]
    choices += [(one["id"], question.names[one["id"]]) for one in question.planned]
    if len(choices) == 1:
        return None
    present = None if question.device is None else question.device["id"]
    return h.p[
        h.span(".tabs", role="group", aria_label="What is planned")[
            (
                h.a(
                    href=visit.link(PATH, location=location_id, device=id_),
                    aria_current="true" if id_ == present else None,
                )[words]
                for id_, words in choices
            )
        ]
    ]


def _state(
    made: Mapping[str, Any] | None, form: Formats, visit: Visit, question: PlanQuestion
) -> Node:
    """Say whether every goal is reached, and whether the plan is a kept one and how old."""
    if made is None:
        return None
    count = len(question.devices)
    left_out = 0 if question.device is not None else count - len(_planned(made, question))
    if made.get("status", "COMPLETE") != "COMPLETE":
        badges = [parts.badge("not every goal is reached", "warn")]
    elif left_out:
        badges = [parts.badge(f"{left_out} of {count} devices not planned", "warn")]
    else:
        badges = [parts.badge("every goal is reached", "good")]
    if "time_made" in made:
        badges.append(
            h.span["kept, made ", form.since(made["time_made"], visit.call.now)]
            if not made["stale"]
            else parts.badge("kept, to be made anew", "warn")
        )
    return badges


def _planned(made: Mapping[str, Any], question: PlanQuestion) -> set[str]:
    """Which devices of the site a plan is of; others stay as they are.

    It does not list heat pumps and loads of which nothing is wished.
    """
    planned = {one.device_id for one in plan_of(made).devices if one.status != "NOT_PLANNED"}
    return planned & {one["id"] for one in question.devices}


def _outcome(visit: Visit, question: PlanQuestion, plan: PlanShown, saved: Node) -> list[Node]:
    """Show what a plan costs and saves; or that it plans nothing, and where to say more."""
    idle = {
        one.device_id
        for one in plan.devices
        if not one.slots and question.types.get(one.device_id) == SOLAR
    }
    if question.device is not None or _planned(plan.document, question) - idle:
        form = visit.formats(question.zone.key)
        return [plan_savings.figures(form, plan, _days(form, question, plan)), saved]
    location_id = question.location["id"]
    links = [
        parts.button(
            f"Plan {question.names[one['id']]}",
            visit.link(PATH, location=location_id, device=one["id"]),
        )
        for one in question.planned
    ]
    more = " A device's own page takes its state of charge, where it reports none." if links else ""
    return [parts.empty(f"Nothing is planned at this site.{more}", *links)]


def _days(form: Formats, question: PlanQuestion, plan: PlanShown) -> str:
    """The local days that a plan is of."""
    start, end = (datetime.fromisoformat(one) for one in (plan.start_time, plan.end_time))
    last = max(start, end - timedelta(microseconds=1))
    return form.days(civil.date_at(start, question.zone), civil.date_at(last, question.zone))


def _shown(
    visit: Visit,
    question: PlanQuestion,
    plan: PlanShown,
    prices: StepSeries | None,
    asked: Mapping[str, Wishes],
) -> list[Node]:
    """Show what is missed, lanes, slots, and what the plan rests on."""
    form = visit.formats(question.zone.key)
    lanes = lanes_of(plan, question.names, question.types, prices, asked)
    reader = ChartReader(question.zone, str(form.locale))
    drawing = plan_chart(
        lanes, reader, title="Price, power and charge", now_us=microseconds(visit.call.now)
    )
    return [
        _missing(form, plan, question.names),
        _warnings(plan, question.names),
        parts.card("When it runs", chart(drawing, "plan"), _slots(form, plan, question)),
        _rests_on(form, plan, question),
    ]


async def _prices(visit: Visit, plan: PlanShown) -> StepSeries | None:
    """Read the prices of the plan: its own, or those of the site for its time."""
    own = site_prices(plan.document)
    if own is not None:
        return own
    query = {
        "location_id": plan.document["location_id"],
        "start_time": plan.start_time,
        "end_time": plan.end_time,
    }
    with suppress(Refusal):
        return quoted_prices(await visit.api("GET", "/prices", query=query))
    return None


def _missing(form: Formats, plan: PlanShown, names: Mapping[str, str]) -> Node:
    """Say what is not reached, and the binding reason."""
    lines = [
        h.p[
            h.strong[names.get(device.device_id, device.device_id)],
            f" ({fault['target']}): " if fault["target"] not in ("end", "energy") else ": ",
            sentence(plan_words.missing(fault, form)),
        ]
        for device in plan.devices
        for fault in device.missing
    ]
    lines += [
        h.p[sentence(plan_words.missing(fault, form))]
        for fault in plan.document.get("shortfalls") or ()
    ]
    return lines and h.div(".fault")[lines]


def _warnings(plan: PlanShown, names: Mapping[str, str]) -> list[Node]:
    """Say what a person should know of a plan before its figures, with devices by their names."""
    return [
        h.p(".told", role="status")[worded(named(one["message"], names))]
        for one in plan.document.get("warnings") or ()
    ]


def _slots(form: Formats, plan: PlanShown, question: PlanQuestion) -> Node:
    """List when each device runs, slots that touch and have one reason as one, and why then."""
    rows = [
        (
            h.time(datetime=run.start_time)[_span(form, run)],
            question.names.get(run.device_id, run.device_id),
            _doing(form, run, question.types.get(run.device_id)),
            form.percent(run.percent_after),
            plan_words.why(run.slots[0]),
        )
        for run in runs_of(plan)
    ]
    nothing = parts.empty(
        "Nothing that is planned runs in this time; some devices are not planned."
        if any(one.status == "NOT_PLANNED" for one in plan.devices)
        else "Nothing runs in this time: doing nothing is cheapest."
    )
    heads = ("Time", "Device", "What it does", "Charge after", "Because")
    left = len(rows) - _MOST_RUNS
    return [
        parts.table(heads, rows[:_MOST_RUNS], empty=nothing, label="When devices run"),
        h.p[f"{left} more are in the part “As API”."] if left > 0 else None,
    ]


def _span(form: Formats, run: DeviceRun) -> str:
    return f"{form.weekday(run.start_time)} {form.time(run.start_time)} – {form.time(run.end_time)}"


def _doing(form: Formats, run: DeviceRun, type_: str | None) -> str:
    """Say how much energy a run moves, at which powers, and what sun it holds back."""
    gives = "produces" if type_ == SOLAR else "gives"
    verb = "takes" if run.kwh >= 0 and type_ != SOLAR else gives
    powers = sorted(slot["power"]["value"] / 1000 for slot in run.slots)
    low, high = (form.number(power, "kW") for power in (powers[0], powers[-1]))
    at = high if low == high else f"{low} to {high}"
    text = f"{verb} {form.number(abs(run.kwh), 'kWh')} at {at}"
    if run.slots[0].get("curtailed"):
        text += ", curtails solar"
    return text


def _rests_on(form: Formats, plan: PlanShown, question: PlanQuestion) -> Node:
    """Say in words what the plan assumes and costs."""
    return parts.card("What this rests on", parts.facts(*_facts(form, plan, question)))


def _facts(form: Formats, plan: PlanShown, question: PlanQuestion) -> Iterator[tuple[str, Node]]:
    document = plan.document
    yield "Plan", [form.when(plan.start_time), " to ", form.when(plan.end_time)]
    yield "Confidence of what it rests on", form.percent(100 * plan.confidence)
    if document.get("prices_until"):
        yield "Prices are known until", form.when(document["prices_until"])
    if document.get("next_update"):
        yield "New prices are expected", form.when(document["next_update"])
    yield from plan_words.assumptions(document, form)
    for name, amount in plan.parts:
        words = plan_words.COST_PARTS[name]
        yield words[:1].upper() + words[1:], form.money(amount, document["currency_code"])
    if document.get("gap"):
        yield "May be from the best by", form.percent(100 * document["gap"])


def _cannot(visit: Visit, question: PlanQuestion, refusal: Refusal) -> Node:
    """Say why there is no plan yet, and what to do about it."""
    location_id = question.location["id"]
    actions = {
        "no_tariff_connected": tariff_words.link_button(visit, location_id),
        "no_price_data": parts.button("See the markets", visit.link("/markets"), main=True),
    }
    says = worded(refusal.first.message)
    if question.device is not None and refusal.first.code == NoDeviceState.code:
        says = f"{_title(question)} has not reported a state: type its state of charge below."
    return parts.empty(says, actions.get(refusal.first.code))


def _call(visit: Visit) -> Node:
    """Give the line for a shell that asks for the same plan."""
    asked = next((one for one in visit.shown if "/schedules/" in one.request.path), None)
    shown = asked or next((one for one in visit.shown if one.request.path.endswith("/plan")), None)
    if shown is None:
        return None
    return parts.card("The call", h.pre(".code", tabindex="0")[h.code[parts.curl(shown)]])


PAGES: Final[Sequence[DashboardPage]] = (plans, plan_of_site, keep_plan)
