"""The sample account of `make run`: a fleet in test mode, and a line to paste."""

import asyncio
from typing import Final

from wattyard.app import Services
from wattyard.cli.sample_fleet import sample_sites
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.platform.db import Database
from wattyard.sites.wire.arrivals import arrival

_ACCOUNT: Final = "Sample"
_KEY: Final = "make run"


def introduction(url: str, address: str) -> tuple[str, ...]:
    """Have the sample account and fleet, and write the lines that introduce them.

    A second time everything is there already; only the key is new, since secrets are not kept.
    """
    return asyncio.run(_introduce(url, address))


async def _introduce(url: str, address: str) -> tuple[str, ...]:
    db = Database(url, connections=2)
    await db.open()
    try:
        services = Services(db)
        accounts = services.accounts
        known = [account for account in await accounts.all() if account.name == _ACCOUNT]
        account = known[0] if known else (await accounts.create(name=_ACCOUNT))[0]
        for key in await accounts.keys(account.id):
            if key.name == _KEY and key.time_revoked is None:
                await accounts.revoke(key.id)
        _, secret = await accounts.create_key(account.id, name=_KEY, live_mode=False)
        caller = Caller(account.number, account.id, live_mode=False)
        lines = [arrival(number, body) for number, body in enumerate(sample_sites(), 1)]
        await services.fleet.bring_in(caller, lines)
    finally:
        await db.close()
    account_id = ids.wire("acc", account.id)
    return (
        f"  account   {account_id}   (sample data, test mode)",
        f"  test key  {secret}",
        f"  docs      {address}/docs",
        "  try       " + curl_line(address, account_id, secret),
    )


def curl_line(address: str, account_id: str, secret: str) -> str:
    """Write one shell line that logs in and lists sites."""
    token = (
        f"curl -s -X POST -u {account_id}:{secret} {address}/auth/tokens"
        """ | sed -E 's/.*"bearer_token":"([^"]+)".*/\\1/'"""
    )
    return f"""curl -s -H "Authorization: Bearer $({token})" '{address}/sites?limit=2'"""
