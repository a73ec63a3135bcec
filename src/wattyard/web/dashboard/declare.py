"""The declaration of a page of the dashboard, and what a page gives."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from htpy import Node

from wattyard.people.domain import Role

Handler = Callable[..., Any]

ACCOUNT: Final = "/{account}/{mode}"
"""What stands before the paths of pages of an account: its id, and `test` or `live`."""


class Audience(Enum):
    """To whom a page is shown."""

    ANYBODY = "anybody"
    """Whoever asks, signed in or not."""
    PERSON = "person"
    """Whoever is signed in."""
    MEMBER = "member"
    """The people of the account in the path, from a role on."""
    OPERATOR = "operator"
    """The people who run the server."""


@dataclass(frozen=True, slots=True)
class DashboardPage:
    """One method on one path below `/dashboard`, and the function that answers it.

    The function's parameters say what it is given: `visit`, the names in the path, and services by
    their type. It returns a `Screen`, an `Answer` or a `StreamedAnswer`.

    Attributes:
        path: below `/dashboard`; of members' pages below the account and mode.
        role: the least role that a member needs.
        secret_path: True where the path holds a secret, which no referrer may tell.
        from_secret_path: True where pages with such a path have a form that is sent here.
    """

    method: str
    path: str
    handler: Handler
    audience: Audience
    role: Role
    secret_path: bool = False
    from_secret_path: bool = False

    @property
    def name(self) -> str:
        """What the page is called in logs and metrics."""
        return f"dashboard.{self.handler.__name__}"

    @property
    def route(self) -> str:
        """Its whole path, with the names in it."""
        before = ACCOUNT if self.audience is Audience.MEMBER else ""
        return f"/dashboard{before}{self.path}"

    @property
    def pattern(self) -> re.Pattern[str]:
        """Matches its paths."""
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.route))


def page(
    method: str,
    path: str,
    *,
    role: Role = Role.VIEWER,
    audience: Audience = Audience.MEMBER,
    secret_path: bool = False,
    from_secret_path: bool = False,
) -> Callable[[Handler], DashboardPage]:
    """Declare the decorated function as a page."""

    def declared(handler: Handler) -> DashboardPage:
        return DashboardPage(method, path, handler, audience, role, secret_path, from_secret_path)

    return declared


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What a page shows.

    Attributes:
        title: of the page, and of the browser's tab.
        body: below the title.
        path: the entry of the navigation that it belongs to, such as `/sites`.
        above: the pages that it stands below, as titles and paths (`visit.link`).
        actions: buttons and links beside the title.
        live: the address of the fragments that replace parts of the page while it is shown.
    """

    title: str
    body: Node
    path: str = ""
    above: Sequence[tuple[str, str]] = field(default_factory=tuple)
    actions: Node = None
    live: str | None = None
    status: int = 200
