"""The screen Markets: which market sources there are, whether they are fresh, and their prices."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any, Final

import htpy as h
from htpy import Node

from wattyard.kernel import ids
from wattyard.kernel.refusals import Refusal
from wattyard.people.domain import NewEntry, Role
from wattyard.people.service import AuditLog
from wattyard.platform.http import Answer
from wattyard.platform.http.errors import PathUnknown
from wattyard.platform.work import beside
from wattyard.tariffs.domain.fetching import Subscription, staleness
from wattyard.tariffs.domain.sources import MarketSource
from wattyard.tariffs.service import MarketSources
from wattyard.tariffs.service.markets import MarketFetches, MarketWithoutFeed, OperatorMarkets
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.declare import DashboardPage, Screen, page
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.forms import Fields, FormFaults
from wattyard.web.dashboard.screens import market_prices
from wattyard.web.dashboard.screens.market_uploads import prices_of
from wattyard.web.dashboard.visit import Visit

PATH: Final = "/markets"
_HOUR: Final = timedelta(hours=1)


@page("GET", PATH)
async def markets(visit: Visit, operator: OperatorMarkets) -> Screen:
    """List the market sources of the account and of the operator."""
    query = {name: visit.query.get(name) for name in ("starting_after", "ending_before", "limit")}
    found = await visit.api("GET", "/market-sources", query=query)
    fetched = {one.source.id: one for one in await operator.subscriptions()}
    form = visit.formats()
    sources = [source_of(one) for one in found["data"]]
    rows = [_row(visit, form, one, fetched.get(one.id)) for one in sources]
    new = visit.may(Role.DEVELOPER) and parts.button("New source", visit.link(f"{PATH}/new"))
    body = [
        h.p["Where the prices come from that tariffs follow."],
        parts.table(
            ("Source", "Prices", "State", "Published until", "Next fetch"),
            rows,
            empty=parts.empty(
                "There is no market source yet: add one to upload prices to, or ask the operator "
                "of this server for one that is fetched by itself.",
                new,
            ),
            label="Market sources",
        ),
        parts.pager(visit, found),
    ]
    return Screen(title="Markets", path=PATH, body=body, actions=new)


def source_of(shown: Mapping[str, Any]) -> MarketSource:
    """Read a market source as the API answers it."""
    at = shown["publishes_at"]
    until = shown["published_until"]
    updated = shown["last_updated"]
    return MarketSource(
        id=ids.read(shown["id"], "mrs", param="id"),
        shared=shown["account_id"] is None,
        time_created=datetime.fromisoformat(shown["time_created"]),
        code=shown["code"],
        currency_code=shown["currency_code"],
        unit=shown["unit"],
        timezone=shown["timezone"],
        display_name=shown["display_name"],
        resolution_minutes=shown["resolution_minutes"],
        publishes_at=time.fromisoformat(at) if at else None,
        area=shown["area"],
        time_published=datetime.fromisoformat(updated) if updated else None,
        published_until=datetime.fromisoformat(until) if until else None,
    )


def _row(
    visit: Visit, form: Formats, source: MarketSource, fetched: Subscription | None
) -> Sequence[Node]:
    address = visit.link(f"{PATH}/{ids.wire('mrs', source.id)}")
    return (
        [
            h.a(href=address)[source.display_name or source.code],
            h.br,
            h.small[h.code[source.code], " of the operator" if source.shared else None],
        ],
        [market_prices.unit_of(source), h.small[f" {source.area}"] if source.area else None],
        state(visit, source),
        form.when(source.published_until, source.timezone),
        next_prices(visit, form, source, fetched),
    )


def state(visit: Visit, source: MarketSource) -> Node:
    """Whether a source has all that it must have by now."""
    if source.published_until is None:
        return parts.badge("empty")
    behind = staleness(source, visit.call.now)
    if not behind:
        return parts.badge("fresh", "good")
    hours = behind / _HOUR
    late = f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.1f} h"
    return parts.badge(f"stale by {late}", "bad" if hours >= 24 else "warn")


def next_prices(
    visit: Visit, form: Formats, source: MarketSource, fetched: Subscription | None
) -> Node:
    """When prices come next: fetched by the server, or uploaded by the account."""
    if fetched is not None and fetched.feed:
        failed = fetched.failures and [" ", parts.badge(f"failed {fetched.failures} times", "warn")]
        return [form.when(fetched.next_fetch, source.timezone), failed]
    expected = source.published_after(visit.call.now)
    if expected is None:
        return "uploaded, at no fixed time"
    return ["uploaded, due ", form.when(expected, source.timezone)]


@page("GET", f"{PATH}/new", role=Role.DEVELOPER)
async def new_source(visit: Visit) -> Screen:
    """Ask what a new source of the account is to be."""
    return _new(visit, {"unit": "MWH", "currency_code": "EUR", "timezone": "Europe/Berlin"})


@page("POST", f"{PATH}/new", role=Role.DEVELOPER)
async def add_source(visit: Visit) -> Answer | Screen:
    """Add a source of the account's own."""
    names = ("code", "currency_code", "unit", "timezone", "display_name", "publishes_at", "area")
    body: dict[str, Any] = {name: visit.form[name] for name in names if visit.form[name]}
    if (minutes := visit.form.number("resolution_minutes")) is not None:
        body["resolution_minutes"] = minutes
    try:
        made = await visit.change("POST", "/market-sources", body=body)
    except Refusal as refusal:
        return _new(visit, visit.form, FormFaults(refusal))
    return visit.go(
        visit.link(f"{PATH}/{made['id']}"), told="The source is added. Now upload its prices."
    )


def _new(visit: Visit, values: Mapping[str, Any], faults: FormFaults | None = None) -> Screen:
    fields = Fields(values, faults or FormFaults())
    shown = [
        h.div(".fields")[
            fields.text("Code", "code", hint="what formulas call it, such as EPEX_NL"),
            fields.text("Name", "display_name", hint="for people"),
            fields.text("Currency", "currency_code", hint="three letters, such as EUR"),
            fields.choice(
                "Prices are",
                "unit",
                [("MWH", "per MWh"), ("KWH", "per kWh"), ("RATE", "rates of exchange")],
            ),
            fields.text("Time zone of its days", "timezone", hint="such as Europe/Amsterdam"),
            fields.text(
                "Next day appears at",
                "publishes_at",
                hint="such as 12:55; empty if at no fixed time",
            ),
            fields.text("Length of a price", "resolution_minutes", unit="minutes"),
            fields.text("Bidding zone", "area", hint="such as NL"),
        ],
        parts.submit("Add source"),
    ]
    return Screen(
        title="New market source",
        path=PATH,
        above=(("Markets", visit.link(PATH)),),
        body=[fields.faults.rest(), parts.form(visit.link(f"{PATH}/new"), shown)],
        status=422 if fields.faults.any else 200,
    )


@page("GET", f"{PATH}/{{source}}")
async def market(
    visit: Visit, source: str, sources: MarketSources, operator: OperatorMarkets
) -> Screen:
    """Show a source: its prices, gaps, corrections, and how it gets new ones."""
    return await _market(visit, source, sources, operator)


async def _market(
    visit: Visit,
    id_: str,
    sources: MarketSources,
    operator: OperatorMarkets,
    faults: FormFaults | None = None,
) -> Screen:
    source = source_of(await visit.api("GET", f"/market-sources/{id_}"))
    fetched = {one.source.id: one for one in await operator.subscriptions()}.get(source.id)
    form = visit.formats(source.timezone)
    upload = None
    if not source.shared and visit.may(Role.DEVELOPER):
        upload = _upload_card(visit, source, faults or FormFaults())
    cards = await market_prices.cards(visit, source, sources, upload)
    return Screen(
        title=source.display_name or source.code,
        path=PATH,
        above=(("Markets", visit.link(PATH)),),
        actions=_fetch_button(visit, source, fetched),
        body=[_facts(visit, form, source, fetched), cards],
        status=422 if faults is not None and faults.any else 200,
    )


def _facts(visit: Visit, form: Formats, source: MarketSource, fetched: Subscription | None) -> Node:
    failure = fetched is not None and visit.person.is_operator and fetched.last_failure
    return [
        parts.facts(
            ("State", state(visit, source)),
            ("Code in formulas", h.code[source.code]),
            ("Prices in", market_prices.unit_of(source)),
            ("Bidding zone", source.area),
            ("Next day appears", _publishes(source)),
            ("Published until", form.when(source.published_until)),
            ("Changed last", form.when(source.time_published)),
            ("Next", next_prices(visit, form, source, fetched)),
            ("Fetched last", form.when(fetched.time_fetched) if fetched else None),
            ("Belongs to", "the operator of this server" if source.shared else "this account"),
        ),
        failure and h.p(".fault", role="status")[f"The last fetch brought nothing: {failure}"],
    ]


def _publishes(source: MarketSource) -> str:
    if source.publishes_at is None:
        return "at no fixed time"
    return f"{source.publishes_at:%H:%M} ({source.timezone})"


def _fetch_button(visit: Visit, source: MarketSource, fetched: Subscription | None) -> Node:
    if fetched is None or not fetched.feed or not visit.person.is_operator:
        return None
    address = visit.link(f"{PATH}/{ids.wire('mrs', source.id)}/fetch")
    return parts.form(address, parts.submit("Fetch now"))


@page("POST", f"{PATH}/{{source}}/fetch")
async def fetch_source(visit: Visit, source: str, fetches: MarketFetches, log: AuditLog) -> Answer:
    """Fetch a source of the operator's now, for people who run the server."""
    if not visit.person.is_operator:
        raise PathUnknown(f"there is no page at {ids.shown(visit.call.path)}")
    shown = source_of(await visit.api("GET", f"/market-sources/{source}"))
    if not shown.shared:  # the operator may have another of that code
        raise MarketWithoutFeed(f"{shown.code} has no feed; its prices are uploaded")
    done = await fetches.now(shown.code)
    after = {
        "code": shown.code,
        "records_accepted": done.upload.accepted if done.upload else 0,
        "records_changed": done.upload.changed if done.upload else 0,
        "failure": done.failure,
    }
    async with visit.tools.db.transaction():
        await visit.note("market.fetch", object_id=source, after=after)
        entry = NewEntry("market.fetch", visit.person, source, None, after)
        await log.record_of_server(visit.context, entry)
    if done.upload is None:
        told = f"Nothing was fetched: {done.failure}"
    else:
        told = (
            f"{done.upload.accepted:,} prices were fetched, {done.upload.changed:,} of them "
            f"changed an earlier one; {len(done.gaps)} gaps."
        )
    return visit.go(visit.link(f"{PATH}/{source}"), told=told)


@page("POST", f"{PATH}/{{source}}/prices", role=Role.DEVELOPER)
async def upload_prices(
    visit: Visit, source: str, sources: MarketSources, operator: OperatorMarkets
) -> Answer | Screen:
    """Publish prices from a file, or as they were pasted."""
    try:
        prices = await beside(prices_of, visit.form)
        done = await visit.change("PUT", f"/market-sources/{source}/prices", body=prices)
    except Refusal as refusal:
        return await _market(visit, source, sources, operator, FormFaults(refusal))
    told = (
        f"{done['records_accepted']:,} prices are kept; {done['records_changed']:,} of them "
        "changed an earlier one."
    )
    return visit.go(visit.link(f"{PATH}/{source}"), told=told)


def _upload_card(visit: Visit, source: MarketSource, faults: FormFaults) -> Node:
    fields = Fields(visit.form, faults)
    address = visit.link(f"{PATH}/{ids.wire('mrs', source.id)}/prices")
    day = datetime.combine(visit.call.now.date(), time())
    example = "valid_from,valid_to,value\n" + "\n".join(
        f"{day + n * _HOUR:%Y-%m-%dT%H:%MZ},{day + (n + 1) * _HOUR:%Y-%m-%dT%H:%MZ},{84.1 - n}"
        for n in range(2)
    )
    form = parts.form(
        address,
        fields.text("File", "file", type="file", accept=".csv,.json,text/csv,application/json"),
        fields.area(
            "Or pasted",
            "prices",
            hint="CSV with valid_from,valid_to,value, or JSON as in the API",
            placeholder=example,
        ),
        parts.submit("Upload prices"),
        upload=True,
    )
    lead = h.p[
        f"In {market_prices.unit_of(source)}. A price for a time that has one replaces it, and the "
        "earlier is kept as a version."
    ]
    return parts.card("Upload prices", lead, faults.rest(), form, id_="upload")


PAGES: Final[tuple[DashboardPage, ...]] = (
    markets,
    new_source,
    add_source,
    market,
    fetch_source,
    upload_prices,
)
