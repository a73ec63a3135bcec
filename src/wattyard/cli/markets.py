"""`wattyard market …`: market sources that the operator adds for all accounts."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final

import typer

from wattyard.app import Services
from wattyard.cli.database import run
from wattyard.cli.options import CommandFailed, DatabaseOption, DataOption, JsonOption
from wattyard.cli.printing import complain, print_json, print_rows, say
from wattyard.kernel import civil, instants
from wattyard.kernel.context import Contexts
from wattyard.kernel.instants import Span
from wattyard.kernel.values import dataclass
from wattyard.platform.decoding import convert
from wattyard.tariffs.domain import fetching
from wattyard.tariffs.domain.fetching import Fetched, Subscription
from wattyard.tariffs.feeds.names import FEED_NAMES
from wattyard.tariffs.service.markets import MarketFetches, OperatorMarkets
from wattyard.tariffs.wire.sources import MarketSourceBody, source_draft

market = typer.Typer(help="Market sources for all accounts.", no_args_is_help=True)


@dataclass(frozen=True, slots=True)
class Usual:
    """The usual properties of a feed's sources.

    `publishes_at` is HH:mm in `timezone`, None where there is no fixed time.
    """

    currency: str
    unit: str
    timezone: str
    publishes_at: str | None
    resolution_minutes: int


_USUAL: Final[Mapping[str, Usual]] = MappingProxyType(
    {
        "octopus_agile": Usual("GBP", "KWH", "Europe/London", "16:00", 30),
        "entsoe": Usual("EUR", "MWH", "Europe/Brussels", "12:57", 15),
        "energy_charts": Usual("EUR", "MWH", "Europe/Berlin", "12:57", 15),
        "awattar": Usual("EUR", "MWH", "Europe/Berlin", "14:00", 60),
        "nord_pool": Usual("EUR", "MWH", "Europe/Oslo", "12:57", 15),
        "ecb": Usual("EUR", "RATE", "Europe/Berlin", "16:10", 24 * 60),
    }
)

_FIRST_DATE: Final = date(1990, 1, 1)
"""Before any power exchange."""
_LAST_DATE: Final = date(2100, 1, 1)

CodeArgument = Annotated[str, typer.Argument(help="Its name in formulas, such as EPEX_BE.")]


@market.command("add")
def add_market(
    code: CodeArgument,
    feed: Annotated[str, typer.Option("--feed", help=f"One of {', '.join(FEED_NAMES)}.")],
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-o", help="NAME=VALUE for the feed; repeatable."),
    ] = None,
    currency: Annotated[
        str | None, typer.Option(help="ISO 4217; default: the feed's usual.")
    ] = None,
    unit: Annotated[
        str | None, typer.Option(help="KWH, MWH or RATE; default: the feed's usual.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="Zone of its days; default: the usual.")
    ] = None,
    publishes_at: Annotated[
        str | None, typer.Option(help="HH:mm when the next day is published; default: the usual.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="Name shown to people.")] = None,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Add a market source whose prices the worker fetches when it publishes.

    Options of the feeds: octopus_agile product, region; entsoe area (EIC code), security_token;
    energy_charts, awattar and nord_pool area; ecb currency, from (rates of exchange); csv path,
    unit, currency. All take base_url, and currency where it makes sense.
    """
    from wattyard.tariffs.feeds.registry import FEEDS, build  # noqa: PLC0415 (an HTTP client)

    options = _options(option or [])
    declared = FEEDS[feed].options if feed in FEEDS else ()
    if currency and any(one.name == "currency" for one in declared):
        options.setdefault("currency", currency)
    if feed == "csv" and options.get("path"):
        options["path"] = str(Path(options["path"]).absolute())  # the worker runs elsewhere
    build(feed, options)
    usual = _USUAL.get(feed)
    said = {
        "code": code,
        "currency_code": currency or options.get("currency") or _needed(usual, "currency"),
        "unit": unit or options.get("unit") or _needed(usual, "unit"),
        "timezone": timezone or _needed(usual, "timezone"),
        "display_name": name,
        "resolution_minutes": usual.resolution_minutes if usual else None,
        "publishes_at": publishes_at or (usual.publishes_at if usual else None),
        "area": options.get("area") or options.get("region"),
    }
    draft = source_draft(convert(said, MarketSourceBody))
    made = run(
        data,
        database,
        lambda s: s.get(OperatorMarkets).add(
            s.get(Contexts).operator(), draft, feed=feed, options=options
        ),
    )
    if json:
        print_json(_row(made))
    else:
        say(f"market source {code} is added; wattyard market fetch {code} fetches it now")


@market.command("fetch")
def fetch_market(
    code: CodeArgument,
    start: Annotated[
        str | None, typer.Option("--from", help="First local date; default: what is missing.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last local date.")] = None,
    json: JsonOption = False,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Fetch a market source now. The exit code is 2 if nothing was fetched."""

    async def work(services: Services) -> Fetched:
        subscription = await services.get(OperatorMarkets).subscription(code)
        span = _span(subscription, start, end) if start or end else None
        return await services.get(MarketFetches).now(code, span)

    done = run(data, database, work)
    if json:
        print_json(_outcome(done))
    elif done.upload is not None:
        source = done.subscription.source
        until = instants.text(source.published_until) if source.published_until else "never"
        say(
            f"{code}: {done.upload.accepted:,} prices, {done.upload.changed:,} changed, "
            f"{len(done.gaps)} gaps, {done.repeated} repeated; "
            f"published until {until}"
        )
        for gap in done.gaps[:20]:
            say(f"  gap {instants.text(gap.start)} to {instants.text(gap.end)}")
    else:
        complain(f"{code}: {done.failure or ''}")
    if done.upload is None:
        raise typer.Exit(2)


@market.command("status")
def market_status(
    json: JsonOption = False, data: DataOption = None, database: DatabaseOption = None
) -> None:
    """Show until when each source is published, how stale it is and when it is fetched next."""
    rows = [
        _row(one) for one in run(data, database, lambda s: s.get(OperatorMarkets).subscriptions())
    ]
    if json:
        print_json(rows)
        return
    columns = ("code", "feed", "published_until", "stale_minutes", "next_fetch")
    print_rows([{name: row[name] for name in columns} for row in rows], json=False)
    for row in rows:
        if row["last_failure"]:
            say(f"{row['code']}: {row['last_failure']} ({row['failures']} times)")


def _options(given: list[str]) -> dict[str, str]:
    options = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise CommandFailed(f"--option must be NAME=VALUE; got {text}")
        if any("\ud800" <= sign <= "\udfff" for sign in value):
            raise CommandFailed(f"--option {name} is not UTF-8")
        options[name] = value
    return options


def _needed(usual: Usual | None, field: str) -> Any:  # noqa: ANN401 (the field's type)
    if usual is None:
        raise CommandFailed(f"--{field} is needed for this feed")
    return getattr(usual, field)


def _span(subscription: Subscription, start: str | None, end: str | None) -> Span:
    zone = civil.zone(subscription.source.timezone)
    try:
        first = date.fromisoformat(start or end or "")
        last = date.fromisoformat(end or start or "")
    except ValueError as fault:
        raise CommandFailed(f"a date must be YYYY-MM-DD: {fault}") from fault
    if last < first:
        raise CommandFailed(f"--to {last} is before --from {first}")
    if first < _FIRST_DATE or last > _LAST_DATE:
        raise CommandFailed(f"dates must be from {_FIRST_DATE} to {_LAST_DATE}")
    return Span(civil.start_of_day(first, zone), civil.start_of_day(last + timedelta(1), zone))


def _outcome(done: Fetched) -> dict[str, Any]:
    outcome: dict[str, Any] = {"code": done.subscription.source.code, "failure": done.failure}
    if done.upload is not None:
        outcome |= {
            "records_accepted": done.upload.accepted,
            "records_changed": done.upload.changed,
            "repeated": done.repeated,
            "gaps": [[instants.text(gap.start), instants.text(gap.end)] for gap in done.gaps],
        }
    return outcome | _row(done.subscription)


def _row(one: Subscription) -> dict[str, Any]:
    source = one.source
    stale = fetching.staleness(source, instants.system_clock())
    return {
        "code": source.code,
        "feed": one.feed or None,
        "currency": source.currency_code,
        "unit": source.unit,
        "published_until": _time(source.published_until),
        "stale_minutes": int(stale.total_seconds() // 60),
        "fetched": _time(one.time_fetched),
        "next_fetch": _time(one.next_fetch),
        "failures": one.failures,
        "last_failure": one.last_failure,
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else instants.text(at.replace(microsecond=0))
