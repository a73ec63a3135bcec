"""From the JSON body of a tariff to its rules in the domain."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

import msgspec

from wattyard.kernel import civil, ids
from wattyard.kernel.ids import shown
from wattyard.kernel.instants import Span
from wattyard.kernel.refusals import Fault, Malformed
from wattyard.platform.decoding import convert
from wattyard.tariffs.domain import coverage
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.charges import Charge, DemandCharge, StandingCharge
from wattyard.tariffs.domain.refusals import ScheduleRefused
from wattyard.tariffs.domain.schedule import Schedule
from wattyard.tariffs.domain.tariff import Limits, Tariff, Tax, Tiering, local_dates
from wattyard.tariffs.wire.schedules import ScheduleReader
from wattyard.tariffs.wire.shapes import ChargeShape, RulesShape

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_FIRST_DATE: Final = date(1900, 1, 1)
_LAST_DATE: Final = date(9999, 12, 31)


decoded_rules = msgspec.json.Decoder(RulesShape).decode


def tariff_from_json(body: Mapping[str, Any], region: CalendarRegion) -> Tariff:
    """Read and judge rules as `judged_rules` does, from decoded JSON."""
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
    reader = ScheduleReader(market_rates=rules.market_rates)
    schedule = reader.schedule(rules.schedule, "schedule")
    charges = tuple(_charge(rules, n, reader) for n in range(len(rules.charges)))
    term = _term(rules, region, reader.malformed)
    made = _made(rules, schedule, charges, term, reader.malformed)
    if reader.malformed or made is None:
        raise Malformed.of(reader.malformed[: coverage.FAULT_LIMIT])
    return made, reader.refused


def _made(
    rules: RulesShape,
    schedule: Schedule,
    charges: tuple[Charge | None, ...],
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
            limits=Limits(rules.cap_per_kwh, rules.floor_per_kwh),
            tiering=Tiering(rules.tier_reset, rules.tier_scope),
            charges=tuple(charge for charge in charges if charge is not None),
            devices=frozenset(ids.read(device, "dev", param="devices") for device in rules.devices),
        )
    except Malformed as refusal:
        malformed.extend(refusal.faults)
        return None


def _judged(rules: RulesShape, region: CalendarRegion) -> Tariff:
    made, faults = _read(rules, region)
    if len(faults) < coverage.FAULT_LIMIT:
        try:
            coverage.check(made.schedule, region, *local_dates(made.term, region))
        except ScheduleRefused as refusal:
            faults = [*faults, *refusal.faults]
    if faults:
        raise ScheduleRefused.of(faults[: coverage.FAULT_LIMIT])
    return made


def _term(rules: RulesShape, region: CalendarRegion, malformed: list[Fault]) -> Span | None:
    edges = []
    for field in ("contract_start_date", "contract_end_date"):
        edge = _edge(getattr(rules, field), region)
        if edge is None:
            malformed.append(
                Fault(
                    f"{field}_invalid",
                    f"{field} must be a date such as 2026-01-01 or an RFC 3339 instant with an "
                    f"offset, from {_FIRST_DATE} to {_LAST_DATE} at the location; got "
                    f"{shown(getattr(rules, field))}",
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


def _charge(rules: RulesShape, number: int, reader: ScheduleReader) -> Charge | None:
    shape, path = rules.charges[number], f"charges[{number}]"
    before = len(reader.malformed)
    reader.malformed.extend(_charge_faults(shape, path))
    if shape.kind == "DEMAND":
        filter_ = reader.schedule(shape.schedule, f"{path}.schedule") if shape.schedule else None
        if len(reader.malformed) > before:
            return None
        minutes = shape.window_minutes or 15
        return DemandCharge(shape.amount_per_kw or 0.0, minutes, filter_, name=shape.name)
    if len(reader.malformed) > before:
        return None
    return StandingCharge(shape.kind, shape.amount or 0.0, shape.name)


def _charge_faults(shape: ChargeShape, path: str) -> list[Fault]:
    """Find fields that are due for the kind of the charge, or not allowed with it."""
    demand = shape.kind == "DEMAND"
    due = ("amount_per_kw", "window_minutes") if demand else ("amount",)
    barred = ("amount",) if demand else ("amount_per_kw", "window_minutes", "reset", "schedule")
    missing = [
        Fault(f"{field}_missing", f"a {shape.kind} charge needs {field}", f"{path}.{field}")
        for field in due
        if getattr(shape, field) is None
    ]
    extra = [
        Fault(f"{field}_invalid", f"a {shape.kind} charge has no {field}", f"{path}.{field}")
        for field in barred
        if getattr(shape, field) is not None
    ]
    return missing + extra
