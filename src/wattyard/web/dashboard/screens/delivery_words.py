"""Why a webhook did or did not arrive, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from htpy import Node

from wattyard.events.domain.deliveries import GONE, PAUSES
from wattyard.platform.outbound.addresses import ADDRESS_REFUSED
from wattyard.web.dashboard.formats import Formats

_MOST_ATTEMPTS: Final = len(PAUSES) + 1
_STATES: Final[Mapping[str, tuple[str, str]]] = {
    "SUCCEEDED": ("delivered", "good"),
    "FAILED": ("given up", "bad"),
}
_REMEDIES: Final[Mapping[int, str]] = {
    301: "Redirects are not followed: give the endpoint the address that it leads to.",
    401: "The receiver wants other credentials: look at the endpoint's headers and its secret.",
    403: "The receiver does not let it in: look at the endpoint's headers and its secret.",
    404: "There is nothing at the endpoint's address: correct it.",
    405: "The address takes no POST: correct it.",
    410: "The receiver says that it is gone, which ends the deliveries to it for good.",
    413: "The receiver takes only smaller bodies.",
    429: "The receiver was too busy.",
}
_NOT_ALLOWED: Final = (
    "Give the endpoint a public address that is reached by https. Whoever runs this server can "
    "allow others: the setting WATTYARD_WEBHOOK_ALLOW lists networks, such as 10.1.0.0/16."
)


@dataclass(frozen=True, slots=True)
class DeliveryWords:
    """How a delivery stands.

    Attributes:
        state: in a word or two; `kind` is its badge's.
        remedy: what to do about it; empty where nothing is to be done.
    """

    state: str
    kind: str
    sentence: Node
    remedy: str = ""


def words_of(delivery: Mapping[str, Any], form: Formats) -> DeliveryWords:
    """Put a delivery, as the API gives it, into words."""
    attempts, status = delivery["attempts"], delivery["status"]
    last = form.when(delivery["last_attempt"])
    if status == "SUCCEEDED":
        state, kind = _STATES[status]
        answered = f", with {_answer(delivery['last_status_code'])}."
        return DeliveryWords(state, kind, ["The receiver took it at ", last, answered])
    reason, remedy = reason_of(delivery), remedy_of(delivery)
    if status == "FAILED":
        state, kind = _STATES[status]
        count = "After one attempt" if attempts == 1 else f"After {attempts} attempts"
        sentence = [f"{count} it was given up. The last, at ", last, f": {reason}."]
        return DeliveryWords(state, kind, sentence, remedy)
    due = form.when(delivery["next_attempt"])
    if not attempts and not delivery["last_attempt"]:
        return DeliveryWords("waiting", "", ["The first attempt is due at ", due, "."])
    which = f"Attempt {attempts} of at most {_MOST_ATTEMPTS}" if attempts else "The last attempt"
    sentence = [
        f"{which}, at ",
        last,
        f": {reason}. The next one is due at ",
        due,
        ".",
    ]
    return DeliveryWords("failing", "warn", sentence, remedy)


def reason_of(delivery: Mapping[str, Any]) -> str:
    """Why the last attempt failed: what was answered, or why nothing was."""
    status = delivery["last_status_code"]
    if status is not None:
        return f"the receiver answered {_answer(status)}"
    if delivery["last_error"] == ADDRESS_REFUSED:
        return "it leads to a private or loopback address, or by http to one that is not allowed"
    return str(delivery["last_error"] or "there is no answer yet").rstrip(".")


def remedy_of(delivery: Mapping[str, Any]) -> str:
    """What to do about a delivery that has failed."""
    status = delivery["last_status_code"]
    if status is None and delivery["last_error"] == ADDRESS_REFUSED:
        return _NOT_ALLOWED
    if status is None:
        return "The receiver was not reached: look at its address, name and certificate."
    if status in _REMEDIES:
        return _REMEDIES[status]
    if status >= 500:
        return "The fault is on the receiver's side: its log says more. Fix it, then send again."
    if 300 <= status < 400:
        return _REMEDIES[301]
    return "The receiver refused it: its log says why." if status != GONE else ""


def _answer(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
