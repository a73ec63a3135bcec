"""What the saving of a plan compares with, and what it leaves out: energy left at the end."""

from collections.abc import Mapping
from typing import Any, Final

import htpy as h
from babel import numbers
from htpy import Node

from wattyard.kernel.arrays import np
from wattyard.web.charts.series import StepSeries
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.screens.plan_documents import PlanShown

_LITTLE_KWH: Final = 0.05
_WHOLE_PERCENT: Final = 100.0
_FINER: Final = 3
"""So many digits more than the currency has are tried, that shown amounts add up."""


def figures(form: Formats, plan: PlanShown, days: str) -> Node:
    """Show what a plan costs, what it would cost with nobody planning, and the difference.

    `days` is the time that all three are of.
    """
    document = plan.document
    currency = document["currency_code"]
    baseline, savings = document.get("baseline"), document.get("savings")
    digits = None
    if baseline and savings:
        digits = _digits(baseline["total"], plan.cost, savings["value"], currency)

    def figure(value: float, words: str, kind: str = "") -> Node:
        amount = form.money(value, currency, digits=digits)
        return parts.figure(amount, [words, h.br, days], kind=kind)

    found = [figure(plan.cost, "Cost of the plan")]
    if baseline:
        found.append(figure(baseline["total"], "Without planning"))
    if savings:
        kind = "" if savings["value"] >= 0 else "warn"
        found.append(figure(savings["value"], f"Saved{_share(form, plan)}", kind))
    elif baseline:
        found.append(parts.figure("–", "Saved: without planning, less would be reached"))
    return h.div(".figures")[found]


def _share(form: Formats, plan: PlanShown) -> str:
    """Say what share is saved; nothing where there is no cost that it is a share of."""
    baseline, savings = plan.document.get("baseline"), plan.document["savings"]
    before = baseline["total"] if baseline else plan.cost + savings["value"]
    percent = savings["percentage"]
    if percent is None or before <= 0 or percent > _WHOLE_PERCENT:
        return ""
    return f", {form.percent(percent)}"


def _digits(before: float, after: float, saved: float, currency: str) -> int | None:
    """Find how many digits let shown amounts add up; None is as many as the currency has."""
    least = numbers.get_currency_precision(currency)
    for digits in range(least, least + _FINER + 1):
        left = round(before, digits) - round(after, digits)
        if round(left - round(saved, digits), digits + 1) == 0:
            return None if digits == least else digits
    return None


def note(
    form: Formats, plan: PlanShown, prices: StepSeries | None, request: Mapping[str, Any]
) -> Node:
    """Say what the saving compares, and what the energy that is left at the end is worth.

    `request` is what the plan was asked for with.
    """
    baseline = plan.document.get("baseline")
    if not baseline:
        return None
    compared = (
        "The saving is how much less the plan costs than not planning would: "
        f"{baseline['description'][:1].lower()}{baseline['description'][1:]} "
    )
    if _is_valued(request):
        paid = "What is stored at the end is paid for, as the request asks."
        return h.p(".faint")[compared, paid]
    says, warns = _left(form, plan, baseline.get("stored_more_kwh"), mean_price(prices))
    return h.p(".told.warn" if warns else ".faint", role="note" if warns else None)[compared, says]


def _left(
    form: Formats, plan: PlanShown, more_kwh: float | None, mean: float | None
) -> tuple[Node, bool]:
    """Say what is left at the end beyond the plan's, and whether that changes the saving."""
    currency = plan.document["currency_code"]
    if more_kwh is None:
        return "What either leaves in store at the end beyond its targets is not in it.", False
    if abs(more_kwh) < _LITTLE_KWH:
        return "Both leave the same energy in store at the end.", False
    amount = form.number(abs(more_kwh), "kWh", digits=1)
    which = "less" if more_kwh > 0 else "more"
    says: list[Node] = [
        h.strong[f"The plan leaves {amount} {which} in store at its end"],
        " than not planning would, which the saving does not count",
    ]
    if mean is None:
        return [*says, "."], more_kwh > 0
    worth = abs(more_kwh) * mean
    says.append(
        f": at the mean price of this time, {form.rate(mean, currency)}, that is "
        f"{form.money(worth, currency)}"
    )
    savings = plan.document.get("savings")
    if savings:
        left = savings["value"] - (worth if more_kwh > 0 else -worth)
        says.append(f", and the plan saves {form.money(left, currency)} with it")
    return [*says, "."], more_kwh > 0


def _is_valued(request: Mapping[str, Any]) -> bool:
    """Whether a plan was asked to count what is stored at its end."""
    return any(one.get("value_per_kwh_at_end") for one in request.get("devices") or ())


def mean_price(prices: StepSeries | None) -> float | None:
    """The mean of a price over the time for which it is known; None where it is not."""
    if prices is None:
        return None
    known = np.isfinite(prices.values)
    lengths = np.diff(prices.edges_us)[known]
    return float(np.average(prices.values[known], weights=lengths)) if lengths.size else None
