"""From the JSON of a charge to the domain's, with every fault and its path."""

from collections.abc import Callable, Sequence

from wattyard.kernel.refusals import Fault
from wattyard.tariffs.domain.charges import Charge, DemandCharge, StandingCharge
from wattyard.tariffs.domain.schedule import Schedule
from wattyard.tariffs.wire.shapes import ChargeShape, FilterEntryShape


def charge_of(
    shape: ChargeShape,
    path: str,
    malformed: list[Fault],
    filter_of: Callable[[Sequence[FilterEntryShape], str], Schedule],
) -> Charge | None:
    """Read a charge, its filter by `filter_of`; None where faults were added to `malformed`."""
    before = len(malformed)
    malformed.extend(_charge_faults(shape, path))
    filter_ = None
    if shape.kind == "DEMAND" and shape.schedule:
        filter_ = filter_of(shape.schedule, f"{path}.schedule")
    if len(malformed) > before:
        return None
    if shape.kind == "DEMAND":
        minutes = shape.window_minutes or 15
        return DemandCharge(shape.amount_per_kw or 0.0, minutes, filter_, name=shape.name)
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
