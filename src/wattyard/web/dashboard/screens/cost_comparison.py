"""What the same energy would have cost under another tariff, beside what it did."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

import htpy as h
from htpy import Node

from wattyard.costs.service import CostReports
from wattyard.kernel import civil, ids
from wattyard.kernel.clock_changes import instant
from wattyard.kernel.pages import PageWindow
from wattyard.kernel.refusals import Refusal
from wattyard.tariffs.service import Tariffs
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.forms import Fields, FormFaults
from wattyard.web.dashboard.screens.cost_question import ShownCosts
from wattyard.web.dashboard.visit import Visit

_OFFERED: Final = 100
"""Among so many of the newest tariffs others are looked for to choose from."""


async def card(
    visit: Visit,
    reports: CostReports,
    tariffs: Tariffs,
    asked: ShownCosts,
    answer: Mapping[str, Any],
) -> Node:
    """Offer other tariffs to compare with, and show how the chosen one compares."""
    chosen = visit.query.get("with", "")
    faults, result = FormFaults(), None
    if chosen:
        try:
            result = await _compared(visit, reports, asked, answer, chosen)
        except Refusal as refusal:
            faults = FormFaults(refusal)
    options = await _options(visit, tariffs, asked)
    if not options and not chosen:
        return None
    fields = Fields({"with": chosen}, faults)
    choice = fields.choice(
        "As if this had been the tariff",
        "with",
        [("", "choose …"), *options],
    )
    kept = {name: visit.query.get(name, "") for name in ("location", "direction", "month")}
    hidden = [
        h.input(type="hidden", name=name, value=value) for name, value in kept.items() if value
    ]
    form = parts.search_form(
        visit.link("/costs"), hidden, choice, parts.submit("Compare", main=False)
    )
    lead = h.p["The same readings under another tariff; network fees stay as they are."]
    return parts.card("Compare with another tariff", lead, form, faults.rest(), result)


async def _options(visit: Visit, tariffs: Tariffs, asked: ShownCosts) -> list[tuple[str, str]]:
    """List tariffs of other sites that can price these readings; of equal ones one."""
    page = await tariffs.page(
        visit.context, PageWindow(_OFFERED), direction=asked.direction, type="COMMODITY"
    )
    own = {one["tariff_id"] for one in asked.location["tariffs"]}
    found: dict[bytes, tuple[str, str]] = {}
    for contract, site in page.items:
        id_ = ids.wire("trf", contract.id)
        if site.currency_code == asked.currency and id_ not in own:
            name = contract.display_name or id_
            found.setdefault(contract.rules, (id_, f"{name} ({site.reference_id or site.id.hex})"))
    return sorted(found.values(), key=lambda option: option[1])


async def _compared(
    visit: Visit, reports: CostReports, asked: ShownCosts, answer: Mapping[str, Any], tariff_id: str
) -> Node:
    other_id = ids.read(tariff_id, "trf", param="with")
    site_id = ids.read(asked.location["id"], "loc", param="location")
    days = [
        civil.date_at(datetime.fromisoformat(one["start_time"]), asked.zone)
        for one in answer["data"]
    ]
    asked = replace(asked, start=min(days, default=asked.start))  # standing charges not before
    report = await reports.under(visit.context, site_id, asked.question, other_id)
    form = visit.formats(asked.zone.key)
    other = {
        civil.date_at(instant(start_us), asked.zone): cost
        for start_us, cost in zip(
            report.data.starts_us.tolist(), report.data.cost.tolist(), strict=True
        )
    }
    present = {day: one["cost"]["value"] for day, one in zip(days, answer["data"], strict=True)}
    total, other_total = sum(present.values()), sum(other.values())
    rows = list(_rows(form, asked, present, other))
    return [
        _sentence(form, asked, total, other_total),
        parts.table(
            ("From", *map(parts.number, ("As it was", "With the other", "Difference"))),
            [*rows, _row(form, asked, h.strong["In all"], total, other_total)],
            label="Costs under both tariffs",
        ),
    ]


def _sentence(form: Formats, asked: ShownCosts, total: float, other_total: float) -> Node:
    less = total - other_total
    amount = form.money(abs(less), asked.currency)
    verb = "brought" if asked.direction == "EXPORT" else "cost"
    if amount == form.money(0, asked.currency):
        words = f"would have {verb} the same"
    else:
        words = f"would have {verb} {amount} {'less' if less > 0 else 'more'}"
    last = asked.end - timedelta(days=1)
    return h.p[
        f"From {form.day(asked.start)} to {form.day(last)} the same energy ", h.strong[words], "."
    ]


def _rows(
    form: Formats, asked: ShownCosts, present: Mapping[date, float], other: Mapping[date, float]
) -> Iterator[Sequence[Node]]:
    for day in sorted({*present, *other}):
        name = form.month(day) if asked.aggregation == "MONTH" else form.day(day)
        yield _row(form, asked, name, present.get(day, 0.0), other.get(day, 0.0))


def _row(form: Formats, asked: ShownCosts, name: Node, cost: float, other: float) -> Sequence[Node]:
    difference = form.money(other - cost, asked.currency)
    sign = "+" if other > cost else ""
    amounts = (form.money(cost, asked.currency), form.money(other, asked.currency))
    return name, *map(parts.number, (*amounts, f"{sign}{difference}"))
