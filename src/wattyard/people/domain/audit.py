"""The audit log: who changed what, when, and how it was before and after (contract 9, People)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from wattyard.kernel.values import dataclass
from wattyard.people.domain.people import Person

_REMOVED: Final = "…"
_SECRET: Final = frozenset({"bearer_token", "password", "secret", "secret_key", "token"})
"""Fields whose values nobody may read a second time."""


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A change by a person, to be recorded.

    Attributes:
        action: what was done, as `METHOD /path` of the API call or as `member.invite`.
        person: who did it; None for the operator at the command line.
        object_id: the wire id of what was changed, where it has one.
        before: the object as JSON before the change; None where it was made.
        after: the object as JSON after the change; None where it was deleted.
        live_mode: which data it belongs to; None for what both modes share.
    """

    action: str
    person: Person | None
    object_id: str | None = None
    before: Any = None
    after: Any = None
    live_mode: bool | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A change as it was recorded.

    Attributes:
        person_id: who did it; None for the operator at the command line.
        person_email: as it was then, also when the person is gone.
        request_id: of the call that did it; empty outside HTTP.
    """

    id: UUID
    action: str
    person_id: UUID | None
    person_email: str
    object_id: str | None
    before: Any
    after: Any
    live_mode: bool | None
    request_id: str
    time_created: datetime


def without_secrets(document: Any) -> Any:  # noqa: ANN401 (any JSON value)
    """Give a JSON document in which the values of secret fields are replaced by `…`."""
    if isinstance(document, Mapping):
        return {
            name: _REMOVED if name in _SECRET and value is not None else without_secrets(value)
            for name, value in document.items()
        }
    if isinstance(document, list | tuple):
        return [without_secrets(one) for one in document]
    return document
