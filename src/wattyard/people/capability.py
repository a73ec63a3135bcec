"""People: who may look at which account, and what they changed."""

from typing import Final

from wattyard.accounts.service import Departures
from wattyard.people.service import AuditLog, LogIn, Passwords, People, Sessions
from wattyard.platform.composition import Capability
from wattyard.platform.db.personal_rows import LogTable

PEOPLE: Final = Capability(
    name="people",
    id_prefixes=("per", "ses", "inv", "aud"),
    provides=(Sessions, AuditLog, Passwords, People, LogIn),
    contributes=((Departures, People),),
    personal=(
        LogTable(
            "audit_log",
            ("object_id", "before", "after"),
            cleared={"before": "'null'", "after": "'null'"},
        ),
    ),
)
