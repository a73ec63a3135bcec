"""The sample account of `make run`: a fleet in test mode, and lines to paste."""

import asyncio
import base64
import re
import shlex
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from wattyard import app
from wattyard.accounts.domain import Account
from wattyard.accounts.service import Accounts
from wattyard.app import Services
from wattyard.cli import sample_life
from wattyard.cli.database import say_meanwhile
from wattyard.cli.files import replaced_file
from wattyard.cli.sample_fleet import SHOWN_SITE, Json, sample_sites
from wattyard.cli.sample_owner import owner_link
from wattyard.cli.sample_readings import (
    DAYS_BACK,
    METERED_SITES,
    missing_days,
    sample_readings,
    together,
)
from wattyard.cli.sample_tariffs import (
    ENDING_SITE,
    LATE_CODE,
    LATE_MARKET,
    MARKET,
    MARKET_CODE,
    follow_on,
    late_prices,
    market_prices,
    sample_tariffs,
)
from wattyard.kernel import civil, ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Context, Contexts
from wattyard.kernel.instants import Span
from wattyard.kernel.pages import PageWindow
from wattyard.kernel.refusals import Refusal
from wattyard.meters.domain.records import Search
from wattyard.meters.service import Meters, Records
from wattyard.platform.db import Database
from wattyard.platform.decoding import convert
from wattyard.platform.settings import Settings
from wattyard.sites.domain.sites import Site
from wattyard.sites.service import Fleet, Sites
from wattyard.sites.wire.arrivals import arrival
from wattyard.tariffs.service import MarketSources, Tariffs
from wattyard.tariffs.wire.sources import MarketSourceBody, source_draft
from wattyard.tariffs.wire.tariffs import TariffBody, contract_draft

_ACCOUNT: Final = "Sample"
_KEY: Final = "make run"
_KEPT_KEY: Final = "sample-key"
_REFERENCE: Final = re.compile(r"sample-(\d{4})", re.ASCII)


def introduction(found: Settings, address: str, settings: Settings) -> tuple[str, ...]:
    """Make sure the sample account and fleet exist, and give the lines that introduce them.

    `found` has the address of the running database, `settings` what was asked for.
    """
    return asyncio.run(_introduce(found, address, settings))


def deliver_in_vain(found: Settings) -> None:
    """Add the webhook endpoint that nobody listens at, unless it is there."""
    asyncio.run(_deliver_in_vain(found))


async def _deliver_in_vain(found: Settings) -> None:
    async with _services(found) as services:
        known = [one for one in await services.get(Accounts).all() if one.name == _ACCOUNT]
        contexts = services.get(Contexts)
        for account in known[:1]:
            caller = Caller(account.number, account.id, live_mode=False)
            await sample_life.add_receiver(services, contexts.of(caller))


@asynccontextmanager
async def _services(found: Settings) -> AsyncIterator[Services]:
    db = Database(found.database, connections=2, direct=found.database_direct)
    await db.open()
    try:
        yield app.services(db, found)
    finally:
        await db.close()


async def _introduce(found: Settings, address: str, settings: Settings) -> tuple[str, ...]:
    async with _services(found) as services:
        contexts = services.get(Contexts)
        accounts = services.get(Accounts)
        known = [account for account in await accounts.all() if account.name == _ACCOUNT]
        if not known:
            say_meanwhile("adding a sample fleet with tariffs and readings …")
        account = (
            known[0] if known else (await accounts.create(contexts.operator(), name=_ACCOUNT))[0]
        )
        secret = await _secret(accounts, contexts, account, settings)
        context = contexts.of(Caller(account.number, account.id, live_mode=False))
        shown, battery = await bring_up_to_now(services, context)
        port = urlsplit(address).port or settings.port
        link = await owner_link(services, context, settings, port) if settings.dashboard else ""
    account_id = ids.wire("acc", account.id)
    return (
        *([f"  dashboard {link}   (good for one log-in)"] if link else ()),
        f"  docs      {address}/docs",
        "  try       " + curl_line(address, secret),
        f"  account   {account_id}   (sample data, test mode)",
        f"  test key  {secret}",
        "  client    " + client_line(address, account_id, secret),
        "  prices    " + price_line(address, secret, shown),
        "  costs     " + cost_line(address, secret, shown, context.now),
        "  week      " + command_line(settings, account_id, "tariff", "show", shown),
        "  plan      " + command_line(settings, account_id, "plan", battery, "--charge", "40"),
    )


async def bring_up_to_now(services: Services, context: Context) -> tuple[str, str]:
    """Add what the fleet lacks; give a location (`loc_…`) and a battery (`dev_…`) to try."""
    db = services.get(Database)
    async with db.transaction():  # one commit for hundreds of small changes
        bodies = list(sample_sites(await sample_life.add_customers(services, context)))
        lines = [arrival(number, body) for number, body in enumerate(bodies, 1)]
        await services.get(Fleet).bring_in(context, lines)
        sites = await _sample_sites(services, context)
        await _price(services, context, sites)
    await _meter(services, context, sites, bodies)
    devices = await sample_life.sample_devices(services, context)
    (battery,) = (
        one for one in devices if one.number == SHOWN_SITE and one.type == "BATTERY_SYSTEM"
    )
    async with db.transaction():
        await sample_life.report_states(services, context, devices, battery)
    await sample_life.keep_plan(services, context, battery)
    shown = next(site for number, site in sites if number == SHOWN_SITE)
    return ids.wire("loc", shown.id), ids.wire("dev", battery.id)


async def _secret(
    accounts: Accounts, contexts: Contexts, account: Account, settings: Settings
) -> str:
    """Give the secret of the sample's test key: the same at each start, while that key works.

    The database has its hash only, so the data folder of the embedded one keeps it, readable by
    nobody else. With another database each start has a key of its own.
    """
    file = None if settings.database else settings.data / _KEPT_KEY
    if file is not None and file.exists():
        secret = file.read_text().strip()
        pair = f"{ids.wire('acc', account.id)}:{secret}".encode()
        with suppress(Refusal):
            basic = f"Basic {base64.b64encode(pair).decode()}"
            if not (await accounts.authenticate_secret(basic, contexts.clock())).live_mode:
                return secret
    for key in await accounts.keys(account.id):
        if key.name == _KEY and key.time_revoked is None:
            await accounts.revoke(contexts.operator(), key.id)
    _, secret = await accounts.create_key(
        contexts.operator(), account.id, name=_KEY, live_mode=False
    )
    if file is not None:
        with replaced_file(file, is_private=True) as kept:
            kept.write(f"{secret}\n")
    return secret


async def _price(services: Services, context: Context, sites: Sequence[tuple[int, Site]]) -> None:
    """Add the markets, and tariffs where sample sites have none."""
    market_id = await _publish(services, context)
    tariffs = services.get(Tariffs)
    today = context.now.date()
    for number, site in sites:
        bodies = sample_tariffs(
            number, ids.wire("loc", site.id), site.currency_code, market_id, today
        )
        if site.tariffs and number == ENDING_SITE:
            page = await tariffs.page(context, PageWindow(1), site_id=site.id)
            end = page.items[0][0].term.end
            if end > context.now:
                continue
            zone = civil.zone(site.timezone)
            bodies = [follow_on(body, today, civil.date_at(end, zone)) for body in bodies]
        elif site.tariffs:
            continue
        await tariffs.connect(
            context, [contract_draft(convert(body, TariffBody)) for body in bodies]
        )


async def _publish(services: Services, context: Context) -> str:
    """Publish the sample's market up to tomorrow, and once the one that is late; give the first."""
    sources = services.get(MarketSources)
    source = await sources.by_code(context, MARKET_CODE)
    if source is None:
        source = await sources.add(context, source_draft(convert(MARKET, MarketSourceBody)))
    await sources.publish(context, source.id, list(market_prices(context.now)))
    if await sources.by_code(context, LATE_CODE) is None:
        late = await sources.add(context, source_draft(convert(LATE_MARKET, MarketSourceBody)))
        for prices in late_prices(context.now):
            await sources.publish(context, late.id, prices)
    return ids.wire("mrs", source.id)


async def _meter(
    services: Services, context: Context, sites: Sequence[tuple[int, Site]], bodies: Sequence[Json]
) -> None:
    """Add readings at the metered sample sites up to yesterday, in one batch.

    Each site's newest reading shows which days are missing, so a second start adds none.
    """
    now = context.now
    parts = []
    for number, site in sites:
        if number in METERED_SITES:
            newest = await _newest_reading(services, context, site.id, now)
            if days := missing_days(now, site, newest):
                parts.append(sample_readings(bodies[number - 1], site, days))
    if parts:
        readings = together(parts)
        await services.get(Meters).keep(context, readings, submitted=len(readings))


async def _newest_reading(
    services: Services, context: Context, site_id: UUID, now: datetime
) -> datetime | None:
    span = Span(now - timedelta(days=DAYS_BACK + 2), now)
    search = Search(span, site_id, None, "INBOUND", "IMPORT", None, "NEWEST", 1, None)
    page = await services.get(Records).search(context, search)
    return page.items[0].end if page.items else None


async def _sample_sites(services: Services, context: Context) -> list[tuple[int, Site]]:
    """List the sample sites with their numbers, by their references."""
    found: list[tuple[int, Site]] = []
    window = PageWindow(100)
    while True:
        page = await services.get(Sites).page(context, window)
        for site, _ in page.items:
            if site.reference_id and (match := _REFERENCE.fullmatch(site.reference_id)):
                found.append((int(match[1]), site))
        if not page.has_more:
            return sorted(found, key=lambda one: one[0])
        window = PageWindow(100, older_than=page.items[-1][0].id)


def curl_line(address: str, secret: str) -> str:
    """Write one shell line that lists sites."""
    return f"{_curl(secret)} '{address}/sites?limit=2'"


def client_line(address: str, account_id: str, secret: str) -> str:
    """Write one shell line that says to the Python client where the server is, and who calls."""
    who = f"WATTYARD_ACCOUNT_ID={account_id} WATTYARD_SECRET_KEY={secret}"
    return f"export WATTYARD_URL={address} {who}"


def price_line(address: str, secret: str, location_id: str) -> str:
    """Write one shell line that asks what a kWh costs in the next 24 hours."""
    return f"{_curl(secret)} '{address}/prices?location_id={location_id}&hours=24'"


def cost_line(address: str, secret: str, location_id: str, now: datetime) -> str:
    """Write one shell line that asks what the last 60 days cost, by month."""
    first = (now - timedelta(days=DAYS_BACK)).date()
    span = f"start_time={first}&hours={DAYS_BACK * 24}"
    return f"{_curl(secret)} '{address}/costs/interval/{location_id}?{span}&aggregation=MONTH'"


def command_line(settings: Settings, account_id: str, *command: str) -> str:
    """Write one shell line that runs a command on the sample account from any folder.

    It shows no password: where the database's address has one, `WATTYARD_DATABASE` must hold it.
    """
    where: tuple[str, ...] = ("--data", str(settings.data.absolute()))
    if settings.database:
        secret = "password" in settings.database or urlsplit(settings.database).password
        where = () if secret else ("--database", settings.database)
    own = ("--account", account_id, "--mode", "test")
    return shlex.join([sys.executable, "-m", "wattyard", *command, *own, *where])


def _curl(secret: str) -> str:
    return f"curl -s -H 'Authorization: Bearer {secret}'"
