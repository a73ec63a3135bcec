"""`GET /sites` from a large fleet, beside the constant-answer ceiling and a tutorial's version."""

import secrets
import tempfile
from pathlib import Path

import httpx
import psutil
from joserfc import jwt
from joserfc.jwk import OctKey

from benchmarks.support import fleets
from benchmarks.support.ground import OTHER_CORE, Ground, medians, pin, verdict
from benchmarks.support.load import requests_per_second
from benchmarks.support.servers import asgi, wattyard
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.platform.db import schema
from wattyard.platform.embedded import EmbeddedDatabase


def run(ground: Ground) -> None:
    """Measure a page of 30 sites with 60 devices."""
    embedded = EmbeddedDatabase(ground.folder / "list")
    with embedded.lease() as url:
        postmaster = (embedded.data / "postgres" / "postmaster.pid").read_text().split("\n")[0]
        pin(int(postmaster), OTHER_CORE)
        schema.migrate(url)
        account, secret, caller = fleets.build(url, ground.sites)
        with wattyard(url) as (address, _), wattyard(url, log="warning") as (silent, _):
            token = httpx.post(f"{address}/auth/tokens", auth=(account, secret)).json()
            headers = {"Authorization": f"Bearer {token['bearer_token']}"}
            by_key = {"Authorization": f"Bearer {secret}"}
            page, silent_page = (f"{at}/sites?limit=30" for at in (address, silent))
            body = httpx.get(page, headers=headers).content
            print(f"   the page has {len(body):,} bytes; {psutil.cpu_count()} cores")
            deep = min(1000, ground.sites // 30 - 2)
            cursor = ids.wire("ste", fleets.id_at(url, caller, deep * 30 - 1))
            with tempfile.TemporaryDirectory() as folder:
                constant = Path(folder) / "page.json"
                constant.write_bytes(body)
                _compare(ground, url, caller, constant, (page, silent_page), headers, cursor)
            _compare_keys(ground, page, headers, by_key)


def _compare_keys(
    ground: Ground, page: str, by_token: dict[str, str], by_key: dict[str, str]
) -> None:
    """Measure what a key costs beside a token, in more rounds: the difference is small."""
    found = medians(
        2 * ground.rounds,
        {
            "with a token": lambda: requests_per_second(page, ground.seconds, by_token),
            "with a secret key": lambda: requests_per_second(page, ground.seconds, by_key),
        },
    )
    times = found["with a token"] / found["with a secret key"]
    verdict("time with a key / with a token", times, "<= 1.05", met=times <= 1.05)


def _compare(
    ground: Ground,
    url: str,
    caller: Caller,
    constant: Path,
    pages: tuple[str, str],
    headers: dict[str, str],
    cursor: str,
) -> None:
    page, silent_page = pages
    secret = secrets.token_hex(32)
    token = jwt.encode(
        {"alg": "HS256"}, {"sub": str(caller.account_id)}, OctKey.import_key(secret.encode())
    )
    their_headers = {"Authorization": f"Bearer {token}"}
    with (
        asgi("benchmarks.baselines.constant:app", 18081, PAGE=str(constant)) as ceiling,
        asgi(
            "benchmarks.baselines.tutorial:app", 18082, TUTORIAL_DATABASE=url,
            TUTORIAL_SECRET=secret,
        ) as tutorial,
    ):  # fmt: skip
        theirs = httpx.get(f"{tutorial}/sites?limit=30", headers=their_headers).json()["data"]
        ours = httpx.get(page, headers=headers).json()["data"]
        assert [site["id"] for site in theirs] == [site["id"] for site in ours]
        assert theirs[0]["devices"][0]["id"] == ours[0]["devices"][0]["id"]
        found = medians(
            ground.rounds,
            {
                "constant answer": lambda: requests_per_second(ceiling, ground.seconds),
                "GET /sites?limit=30": lambda: requests_per_second(page, ground.seconds, headers),
                "… without the request log": lambda: requests_per_second(
                    silent_page, ground.seconds, headers
                ),
                "page 1,000": lambda: requests_per_second(
                    f"{page}&starting_after={cursor}", ground.seconds, headers
                ),
                "by reference_id": lambda: requests_per_second(
                    page.replace("limit=30", "reference_id=home-77"), ground.seconds, headers
                ),
                "FastAPI + SQLModel, eager": lambda: requests_per_second(
                    f"{tutorial}/sites?limit=30", ground.seconds, their_headers
                ),
            },
        )
    ours_rate = found["GET /sites?limit=30"]
    share = ours_rate / found["constant answer"]
    verdict("share of the ceiling", share, ">= 0.20", met=share >= 0.20)
    silent_share = found["… without the request log"] / found["constant answer"]
    verdict("… without the request log", silent_share, ">= 0.20", met=silent_share >= 0.20)
    times = ours_rate / found["FastAPI + SQLModel, eager"]
    verdict("times FastAPI + SQLModel", times, ">= 30", met=times >= 30)
    depth = ours_rate / found["page 1,000"]
    verdict("page 1 / page 1,000 (rate)", depth, "<= 1.25", met=depth <= 1.25)
