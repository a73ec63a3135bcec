"""What every page of the dashboard has around it: account, mode, navigation, and the person."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote

import htpy as h
from htpy import Node

from wattyard.kernel import ids
from wattyard.web.dashboard.declare import Screen
from wattyard.web.dashboard.origins import cookie_of
from wattyard.web.dashboard.parts import as_api, submit
from wattyard.web.dashboard.visit import TOLD_COOKIE, Visit
from wattyard.web.layout import ICON, SCRIPT, STYLE

NAVIGATION: Final[Sequence[tuple[str, str]]] = (
    ("Overview", ""),
    ("Sites", "/sites"),
    ("Tariffs", "/tariffs"),
    ("Costs", "/costs"),
    ("Charging plans", "/plans"),
    ("Markets", "/markets"),
    ("Developers", "/developers"),
    ("Settings", "/settings"),
)
OPERATOR: Final = "/operator"
_MENU: Final = (
    h.label(".menu", for_="menu")["Menu"],
    h.input("#menu", type="checkbox", aria_label="Show the navigation"),
)


def document(visit: Visit, screen: Screen) -> str:
    """Lay a screen out as a whole page."""
    page = h.html(lang="en")[
        h.head[
            h.meta(charset="utf-8"),
            h.meta(name="viewport", content="width=device-width, initial-scale=1"),
            h.meta(name="color-scheme", content="light dark"),
            h.meta(name="robots", content="noindex"),
            h.title[f"{screen.title} · Wattyard"],
            h.link(rel="icon", type="image/svg+xml", href=visit.root(ICON)),
            h.link(rel="stylesheet", href=visit.root(STYLE)),
            h.script(type="module", src=visit.root(SCRIPT)),
        ],
        h.body(".dashboard" if visit.signed_in else ".dashboard.alone")[
            h.a(".skip", href="#main")["Skip to the contents"],
            _header(visit, screen.path),
            _navigation(visit, screen.path) if visit.signed_in else None,
            h.main("#main", data_live=screen.live)[
                _above(screen.above),
                h.div(".title")[h.h1[screen.title], h.div(".actions")[screen.actions]],
                _told(visit),
                screen.body,
                as_api(visit),
            ],
        ],
    ]
    return str(page)


def _header(visit: Visit, path: str) -> Node:
    return h.header[
        h.a(".brand", href=visit.root("/dashboard"))["Wattyard"],
        _MENU if visit.signed_in else None,
        _account(visit, path) if visit.membership else None,
        _person(visit) if visit.signed_in else None,
    ]


def _account(visit: Visit, path: str) -> Node:
    assert visit.signed_in is not None  # noqa: S101 (only people see an account)
    others = [
        one for one in visit.signed_in.memberships if one.account_id != visit.account.account_id
    ]
    name: Node = visit.account.account_name
    if others:
        name = h.details(".chosen")[
            h.summary[visit.account.account_name],
            h.ul[
                (
                    h.li[
                        h.a(
                            href=visit.root(
                                f"/dashboard/{ids.wire('acc', one.account_id)}/{visit.mode}"
                            )
                        )[one.account_name]
                    ]
                    for one in others
                )
            ],
        ]
    return h.div(".account")[name, _modes(visit, path)]


def _modes(visit: Visit, path: str) -> Node:
    return h.div(".modes", role="group", aria_label="Mode")[
        (
            h.a(
                class_=words.lower(),
                href=visit.link(path, live_mode=live),
                aria_current="true" if live is visit.live_mode else None,
            )[words]
            for words, live in (("Test", False), ("Live", True))
        )
    ]


def _person(visit: Visit) -> Node:
    return h.details(".person")[
        h.summary[visit.person.name or visit.person.email],
        h.ul[
            h.li[h.a(href=visit.root("/dashboard/person"))["Your account"]],
            h.li[h.a(href=visit.root("/docs"))["Documentation"]],
            h.li[
                h.form(method="post", action=visit.root("/dashboard/logout"))[
                    submit("Log out", main=False)
                ]
            ],
        ],
    ]


def _navigation(visit: Visit, path: str) -> Node:
    lines = []
    if visit.membership:
        lines = [
            h.li[h.a(href=visit.link(to), aria_current="page" if to == path else None)[title]]
            for title, to in NAVIGATION
        ]
    elif visit.signed_in:
        lines = [
            h.li[h.a(href=visit.root(f"/dashboard/{ids.wire('acc', one.account_id)}/test"))[
                one.account_name
            ]]
            for one in visit.signed_in.memberships
        ]  # fmt: skip
    if visit.person.is_operator:
        address = visit.root(f"/dashboard{OPERATOR}")
        current = "page" if path == OPERATOR else None
        lines.append(h.li[h.a(href=address, aria_current=current)["Operator"]])
    return h.nav("#navigation", aria_label="Dashboard")[h.ul[lines]]


def _above(pages: Sequence[tuple[str, str]]) -> Node:
    if not pages:
        return None
    return h.nav(".above", aria_label="Above")[
        h.ol[(h.li[h.a(href=address)[title]] for title, address in pages)]
    ]


def _told(visit: Visit) -> Node:
    sentence = unquote(cookie_of(visit.call, TOLD_COOKIE))
    return sentence and h.p(".told", role="status")[sentence]
