"""The prices of a tariff as the check answers them: weeks by season, special days, charges."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import htpy as h
from htpy import Node

from wattyard.kernel import civil
from wattyard.kernel.arrays import np
from wattyard.kernel.clock_changes import microseconds
from wattyard.web.charts.page import chart
from wattyard.web.charts.reading import ChartReader
from wattyard.web.charts.series import StepSeries
from wattyard.web.charts.weeks import WeekRow, clock_row, price_range, week_chart
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.forms import worded
from wattyard.web.dashboard.screens.tariff_words import months_text

Document = Mapping[str, Any]

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_KINDS = {"WORKING_DAY": "", "WEEKEND": "", "HOLIDAY": "a holiday"}
_SHOWN_HOLIDAYS = 24


def week_cards(check: Document, form: Formats, *, name: str) -> list[Node]:
    """Show the weeks of a tariff, its figures, special days, charges and warnings."""
    currency = check["currency_code"]
    return [
        _figures(check, form),
        [h.div(".fault")[h.p[worded(one["message"])]] for one in check["warnings"]],
        parts.card("The week", _weeks(check, form, name)),
        _special(check, form),
        _charges(check["charges"], form, currency),
    ]


def _figures(check: Document, form: Formats) -> Node:
    if check["lowest"] is None:
        return None
    currency = check["currency_code"]
    return h.div(".figures")[
        (
            parts.figure(form.money(check[name], currency, digits=4), f"{words}, per kWh")
            for name, words in (
                ("lowest", "Lowest of a year"),
                ("mean", "Mean over time"),
                ("highest", "Highest of a year"),
            )
        )
    ]


def _weeks(check: Document, form: Formats, name: str) -> Node:
    """Draw a heat map for each season; where there is none, one of the coming days."""
    reader = ChartReader(civil.zone(check["timezone"]), str(form.locale))
    seasons = [
        (months_text(season["months"]), [_season_row(day, reader) for day in season["week"]])
        for season in check["seasons"]
    ]
    weeks = seasons or [("The coming days", [_day_row(day, reader) for day in check["week"]])]
    scale = price_range([rows for _, rows in weeks])
    currency = check["currency_code"]
    return [
        [
            len(weeks) > 1 and h.h3[title],
            chart(
                week_chart(rows, scale, reader, currency_code=currency, title=title),
                f"{name}-{number}",
            ),
        ]
        for number, (title, rows) in enumerate(weeks)
    ]


def _season_row(day: Document, reader: ChartReader) -> WeekRow:
    prices = day["prices"]
    edges = [_minutes(one["valid_from"]) for one in prices] + [_minutes(prices[-1]["valid_to"])]
    values = np.array([one["value"] for one in prices], np.float64)
    return WeekRow(reader.weekday(_WEEKDAYS.index(day["weekday"])), edges, values)


def _day_row(day: Document, reader: ChartReader) -> WeekRow:
    prices = day["prices"]
    times = [one["valid_from"] for one in prices] + [prices[-1]["valid_to"]]
    edges = np.array([microseconds(datetime.fromisoformat(one)) for one in times], np.int64)
    found = [one["value"] for one in prices]
    values = np.array([np.nan if one is None else one for one in found], np.float64)
    name = reader.date(date.fromisoformat(day["date"]), "MMMEd")
    return clock_row(name, StepSeries(edges, values), reader, note=_KINDS[day["kind"]])


def _minutes(text: str) -> int:
    hours, minutes, *_ = (int(part) for part in text.split(":"))
    return hours * 60 + minutes


def _special(check: Document, form: Formats) -> Node:
    """List days unlike the ordinary ones, clock changes, and the holidays that count."""
    currency = check["currency_code"]
    names = {one["date"]: one["name"] for one in check["holidays"]}
    unlike = [
        (
            day["date"],
            names.get(day["date"]) or _KINDS[day["kind"]],
            _prices(day, form, currency),
        )
        for day in check["special_days"]
    ]
    unlike += [
        (
            day["date"],
            f"the clock changes: {form.number(day['hours'], 'hours')}",
            _prices(day, form, currency),
        )
        for day in check["clock_changes"]
    ]
    in_order = sorted(unlike, key=lambda one: str(one[0]))
    rows = [(form.day(date_), *rest) for date_, *rest in in_order]
    holidays = [
        h.li[form.day(one["date"]), " ", one["name"] or "by a rule of the tariff"]
        for one in check["holidays"][:_SHOWN_HOLIDAYS]
    ]
    nothing = parts.empty(
        "No day is priced unlike the others of its month and weekday."
        if check["seasons"]
        else "Prices follow a market: every day has its own."
    )
    return parts.card(
        "Special days",
        parts.table(("Day", "", "Prices"), rows, empty=nothing, label="Special days"),
        holidays and h.details[h.summary["Holidays that the tariff counts"], h.ul[holidays]],
    )


def _prices(day: Document, form: Formats, currency: str) -> Node:
    """Write the prices of a day, each with when it begins."""
    known = [one for one in day["prices"] if one["value"] is not None]
    if not known:
        return "not known yet"
    values = {one["value"] for one in known}
    if len(values) == 1:
        return form.rate(known[0]["value"], currency)
    if len(known) > 8:  # a market's
        low, high = min(values), max(values)
        return f"{form.rate(low, currency)} to {form.rate(high, currency)}"
    return ", ".join(
        f"{one['valid_from'][11:16]} {form.money(one['value'], currency, digits=4)}"
        for one in known
    )


def _charges(charges: Sequence[Document], form: Formats, currency: str) -> Node:
    rows = [
        (
            charge["name"] or charge["kind"].capitalize(),
            [
                f"{charge['text']} ({currency})",
                [
                    h.br,
                    h.small[
                        "; ".join(
                            f"{form.number(one['peak_kw'], 'kW')}: "
                            f"{form.money(one['amount'], currency)} in 30 days"
                            for one in charge["examples"]
                        )
                    ],
                ]
                if charge.get("examples")
                else None,
            ],
        )
        for charge in charges
    ]
    nothing = parts.empty("Nothing is charged besides the price per kWh.")
    return parts.card(
        "Beside the price per kWh",
        parts.table(("Charge", "How much"), rows, empty=nothing, label="Charges"),
    )
