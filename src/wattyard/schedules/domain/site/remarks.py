"""What a plan says of what it rests on, where that is not what was asked for."""

from wattyard.kernel.clock_changes import instant, microseconds
from wattyard.kernel.instants import text
from wattyard.kernel.refusals import Fault, Refusal
from wattyard.schedules.domain.site.planned_devices import Subject
from wattyard.schedules.domain.site.request import LONGEST, SiteRequest
from wattyard.schedules.domain.site.time_steps import TimeSteps


def is_cut(request: SiteRequest, laid: TimeSteps) -> bool:
    """Whether a plan ends before what was asked for, since no price is known further."""
    if request.horizon is not None:
        return microseconds(request.start + request.horizon) > laid.end_us
    longest_us = microseconds(request.start + LONGEST)
    return min(max(request.deadlines_us, default=laid.end_us), longest_us) > laid.end_us


def on_time(request: SiteRequest, laid: TimeSteps, confirmed_us: int) -> list[Fault]:
    """Say where a plan is shorter, coarser or less certain than was asked for."""
    found = []
    if is_cut(request, laid):
        found.append(
            Fault(
                "prices_end",
                f"prices are known until {_text(laid.end_us)}; the plan ends there",
                "schedule_horizon",
            )
        )
    if confirmed_us < laid.end_us:
        found.append(
            Fault(
                "prices_not_confirmed",
                f"prices are confirmed until {_text(confirmed_us)}; later ones are forecasts",
            )
        )
    if laid.step_minutes != request.step_minutes:
        found.append(
            Fault(
                "step_doubled",
                f"steps are {laid.step_minutes} minutes long: with {request.step_minutes} minutes "
                "there would be more than 50,000 steps times devices",
                "step_minutes",
            )
        )
    if laid.rounds_times:
        found.append(
            Fault(
                "times_rounded",
                "limits, targets, windows, absences and blocks have too many times for steps to "
                "be cut at them: a step is limited, away, blocked or outside a window if part of "
                "it is, and a target is due at the end of the last step before it",
                "devices",
            )
        )
    return found


def not_planned(subject: Subject, refusal: Refusal) -> Fault:
    """Say why a device that nobody named stays idle."""
    return Fault("device_not_planned", f"{subject.name} stays idle: {refusal.first.message}")


def nothing_to_do(subject: Subject) -> Fault:
    """Say that nothing is wished of a load."""
    return Fault(
        "device_not_planned",
        f"{subject.name} stays as it is: nothing was asked of it; send energy_kwh, or comfort and "
        "thermal for a heat pump",
        subject.path,
    )


def load_unknown() -> Fault:
    """Say that nothing is known of the site's load."""
    return Fault(
        "load_unknown",
        "the site's usual load is not known; it is taken as 0. Send forecasts.load, or readings "
        "of its meter",
        "forecasts.load",
    )


def export_unpriced(since_us: int) -> Fault:
    """Say that a tariff to sell by is there, and no price of it."""
    return Fault(
        "export_price_unknown",
        f"no EXPORT price is known at {_text(since_us)}; the plan sells nothing",
    )


def _text(at_us: int) -> str:
    return text(instant(at_us))
