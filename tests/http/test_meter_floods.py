"""Small uploads that unpack to much, or nest deeply, stop nobody (contract 3, Readings)."""

import asyncio
import gzip
import json
from collections.abc import Awaitable
from time import process_time

import httpx
import pytest

from tests.http.test_meters import reading
from tests.support.world import Tenant, error


@pytest.fixture
async def home(tenant: Tenant) -> str:
    return str((await tenant.site())["location_id"])


@pytest.mark.parametrize("depth", [450, 5_000])
async def test_a_record_that_is_nested_too_deeply_fails_alone(
    tenant: Tenant, home: str, depth: int
) -> None:
    good = json.dumps(reading(home, 2)).encode()
    deep = b'{"value":%b}' % (b"[" * depth + b"]" * depth)
    for media_type, body in (
        ("application/json", b"[%b,%b]" % (deep, good)),
        ("application/x-ndjson", deep + b"\n" + good),
    ):
        answer = await tenant.call(
            "PUT", "/meters/interval", content=body, headers={"Content-Type": media_type}
        )
        batch = answer.json()
        assert (batch["records_accepted"], batch["records_failed"]) == (1, 1)
        assert batch["failed_records"][0]["code"] == "json_invalid"


async def ticks_while(work: Awaitable[httpx.Response]) -> tuple[httpx.Response, float]:
    """Do some work: its answer, and the longest time that the event loop stood still.

    It is this process's time: what others do on the machine meanwhile does not count.
    """
    task = asyncio.ensure_future(work)
    longest, last = 0.0, process_time()
    while not task.done():
        await asyncio.sleep(0.005)
        now = process_time()
        longest, last = max(longest, now - last), now
    return task.result(), longest


@pytest.mark.parametrize(
    ("path", "media_type", "content", "status"),
    [
        ("/meters/interval", "application/x-ndjson", b"\n" * 20_000_000, 413),
        ("/meters/interval", "application/json", b"[" + b"[]," * 5_000_000 + b"[]]", 400),
        ("/meters/interval", "application/json", b"[[" + b"[]," * 5_000_000 + b"[]]]", 400),
    ],
)
async def test_a_small_body_that_unpacks_to_much_does_not_stop_the_others(
    tenant: Tenant, path: str, media_type: str, content: bytes, status: int
) -> None:
    packed = gzip.compress(content)
    assert len(packed) < 400_000
    headers = {"Content-Type": media_type, "Content-Encoding": "gzip"}

    answer, stood_still = await ticks_while(
        tenant.call("PUT", path, content=packed, headers=headers)
    )
    assert answer.status_code == status, answer.text
    assert stood_still < 3  # it was 5 to 54 s


async def test_gzip_that_unpacks_to_nothing_ends(tenant: Tenant) -> None:
    empty = gzip.compress(b"") * 100_000
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/x-ndjson"}
    answer = await tenant.call("PUT", "/meters/interval", content=empty, headers=headers)

    error(answer, 413, "body_too_large")
