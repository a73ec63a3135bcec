"""From the JSON body of a tariff to its rules in the domain."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, Final

import msgspec

from wattyard.kernel import civil, ids
from wattyard.kernel.ids import shown
from wattyard.kernel.instants import Span
from wattyard.kernel.refusals import Fault, Malformed
from wattyard.platform.decoding import convert
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.charges import Charge
from wattyard.tariffs.domain.coverage import FAULT_LIMIT, check
from wattyard.tariffs.domain.refusals import ScheduleRefused
from wattyard.tariffs.domain.schedule import (
    Schedule,
)
from wattyard.tariffs.domain.tariff import (
    OPEN_END,
    PriceLimits,
    Tariff,
    Tax,
    Tiering,
    local_dates,
)
from wattyard.tariffs.domain.unknown_holidays import unknown_holidays
from wattyard.tariffs.domain.weights import weight_faults
from wattyard.tariffs.wire.charges import charge_of, minimum_of
from wattyard.tariffs.wire.periods import (
    billing_of,
    clock_offset_minutes,
    conversion_of,
    holidays_of,
)
from wattyard.tariffs.wire.schedules import ScheduleReader
from wattyard.tariffs.wire.shapes import (
    RulesShape,
)

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_FIRST_DATE: Final = date(1900, 1, 1)
_LAST_DATE: Final = date(9999, 12, 31)


decoded_rules = msgspec.json.Decoder(RulesShape).decode


def tariff_from_json(body: Mapping[str, Any], region: CalendarRegion) -> Tariff:
    """Read and judge rules from decoded JSON: what `POST /tariffs` takes, without ids.

    Raises:
        Malformed: with every fault of form.
        ScheduleRefused: with every fault of the grammar.
    """
    return _judged(convert(dict(body), RulesShape), region)


def judged_rules(rules: bytes, region: CalendarRegion) -> Tariff:
    """Read the rules of a tariff in a region, and judge them over the whole contract.

    Raises:
        Malformed: with every fault of form that the shape does not catch, 100 at most.
        ScheduleRefused: `formula_invalid`, `gap_in_time_period`, `time_period_overlap`,
            `incomplete_time_period`: every fault, in that order, 100 at most.
    """
    return _judged(decoded_rules(rules), region)


def rules_at(rules: bytes, region: CalendarRegion) -> Tariff:
    """Read rules that are kept already in a region, without judging them.

    Raises:
        Malformed: with every fault of form that the shape does not catch.
    """
    return _read(decoded_rules(rules), region)[0]


def _read(rules: RulesShape, region: CalendarRegion) -> tuple[Tariff, list[Fault]]:
    """Map rules, and list the faults of their formulas."""
    reader = ScheduleReader(rules)
    schedule = reader.schedule(rules.schedule, "schedule")
    charges = [
        charge_of(shape, f"charges[{n}]", reader.malformed, reader.schedule)
        for n, shape in enumerate(rules.charges)
    ]
    term = _term(rules, region, reader.malformed)
    made = _made(rules, schedule, charges, term, reader.malformed)
    if reader.malformed or made is None:
        raise Malformed.of(reader.malformed[:FAULT_LIMIT])
    return made, reader.refused


def _made(
    rules: RulesShape,
    schedule: Schedule,
    charges: Sequence[Charge | None],
    term: Span | None,
    malformed: list[Fault],
) -> Tariff | None:
    if term is None:
        return None
    try:
        return Tariff(
            type=rules.type,
            direction=rules.direction,
            term=term,
            schedule=schedule,
            market=rules.market_source_id,
            tax=Tax(rules.vat or 0.0, included=rules.vat_included),
            limits=PriceLimits(rules.cap_per_kwh, rules.floor_per_kwh),
            tiering=Tiering(rules.tier_reset, rules.tier_scope, rules.demand_window_minutes or 60),
            billing=billing_of(rules),
            conversion=conversion_of(rules),
            holidays=holidays_of(rules, malformed),
            clock_offset_minutes=clock_offset_minutes(rules),
            charges=tuple(charge for charge in charges if charge is not None),
            minimum=minimum_of(rules.minimum_charge),
            devices=frozenset(ids.read(device, "dev", param="devices") for device in rules.devices),
        )
    except Malformed as refusal:
        malformed.extend(refusal.faults)
        return None


def _judged(rules: RulesShape, region: CalendarRegion) -> Tariff:
    made, faults = _read(rules, region)
    if len(faults) < FAULT_LIMIT:
        calendar = made.calendar(region)
        faults += list(islice(unknown_holidays(made, region), FAULT_LIMIT - len(faults)))
        try:
            check(made.schedule, calendar, *local_dates(made.term, calendar))
        except ScheduleRefused as refusal:
            faults = [*faults, *refusal.faults]
        dates = local_dates(made.term, calendar)
        faults = [*faults, *weight_faults(made.charges, calendar, *dates)]
    if faults:
        raise ScheduleRefused.of(faults[:FAULT_LIMIT])
    return made


def _term(rules: RulesShape, region: CalendarRegion, malformed: list[Fault]) -> Span | None:
    edges = []
    for field in ("contract_start_date", "contract_end_date"):
        text = getattr(rules, field)
        edge = OPEN_END if text is None else _edge(text, region)
        if edge is None:
            malformed.append(
                Fault(
                    f"{field}_invalid",
                    f"{field} must be a date such as 2026-01-01 or an RFC 3339 instant with an "
                    f"offset, from {_FIRST_DATE} to {_LAST_DATE} at the location; got "
                    f"{shown(text)}",
                    field,
                )
            )
        else:
            edges.append(edge)
    if len(edges) < 2:
        return None
    if edges[1] <= edges[0]:
        message = (
            f"contract_end_date must be after contract_start_date; got "
            f"{shown(rules.contract_end_date)} after {shown(rules.contract_start_date)}"
        )
        malformed.append(Fault("contract_end_date_invalid", message, "contract_end_date"))
        return None
    return Span(edges[0], edges[1])


def _edge(text: str, region: CalendarRegion) -> datetime | None:
    """Read a contract date: a date is the local midnight. None outside the calendar's years."""
    try:
        if _DATE.fullmatch(text):
            edge = civil.start_of_day(date.fromisoformat(text), region.zone)
        elif _INSTANT.fullmatch(text):
            edge = datetime.fromisoformat(text.upper()).astimezone(UTC)
        else:
            return None
        possible = _FIRST_DATE <= civil.date_at(edge, region.zone) <= _LAST_DATE
    except (ValueError, OverflowError):
        return None
    return edge if possible else None
