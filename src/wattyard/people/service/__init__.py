"""Use-cases of people: let them in, know them by their session, record what they change."""

from wattyard.people.service.audit import AuditLog
from wattyard.people.service.log_in import LogIn
from wattyard.people.service.passwords import Passwords
from wattyard.people.service.people import People
from wattyard.people.service.sessions import Sessions

__all__ = ["AuditLog", "LogIn", "Passwords", "People", "Sessions"]
