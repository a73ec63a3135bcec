"""The form of the screen Plan: what a new plan is to reach."""

from collections.abc import Mapping
from typing import Final

import htpy as h
from htpy import Node

from wattyard.people.domain import Role
from wattyard.sites.domain.states import StateReport
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.forms import Fields, FormFaults
from wattyard.web.dashboard.screens.plan_question import PlanQuestion
from wattyard.web.dashboard.visit import Visit

PATH: Final = "/plans"


def card(
    visit: Visit,
    question: PlanQuestion,
    faults: FormFaults,
    reports: Mapping[str, StateReport],
    *,
    again: bool,
) -> Node:
    """Ask for wishes; sending the form plans, `again` or not, its second button keeps the plan."""
    fields = Fields(question.form, faults)
    shown = _of_device(question, fields, reports) if question.device else _of_site(fields)
    keeping = visit.may(Role.DEVELOPER) and [
        h.button(
            type="submit",
            formmethod="post",
            formaction=visit.link(PATH),
        )["Plan and keep"],
        h.small["A kept plan is renewed, with the newest state, when prices are published."],
    ]
    return parts.card(
        "Plan again" if again else "Plan",
        h.form(method="get", action=visit.link(PATH), novalidate=True)[
            h.input(type="hidden", name="location", value=question.location["id"]),
            question.device and h.input(type="hidden", name="device", value=question.device["id"]),
            h.input(type="hidden", name="plan", value="new"),
            h.div(".fields")[shown],
            faults.rest(),
            h.p(".actions")[parts.submit("Plan"), keeping],
        ],
    )


def _of_site(fields: Fields) -> Node:
    return [_horizon(fields)]


def _of_device(question: PlanQuestion, fields: Fields, reports: Mapping[str, StateReport]) -> Node:
    assert question.device is not None  # noqa: S101 (the caller asked)
    report = reports.get(question.device["id"])
    last = "none is reported yet"
    if report is not None:
        last = f"reported: {report.state_of_charge_percent:g} %"
    zone = question.zone.key
    return [
        fields.text(
            "Target",
            "target_state_of_charge_percent",
            unit="%",
            hint="state of charge to reach; empty: as the device reports",
            inputmode="decimal",
        ),
        fields.text("Ready by", "ready_by", unit=zone, type="datetime-local"),
        fields.text(
            "Reserve",
            "backup_reserve_percent",
            unit="%",
            hint="never discharged below",
            inputmode="decimal",
        ),
        fields.text(
            "State of charge now",
            "state_of_charge_percent",
            unit="%",
            hint=last,
            inputmode="decimal",
        ),
        _horizon(fields),
    ]


def _horizon(fields: Fields) -> Node:
    return fields.text(
        "Hours to plan",
        "schedule_horizon",
        unit="h",
        hint="empty: as far as prices are confirmed",
        inputmode="decimal",
    )
