"""The Python client beside bare `httpx2`: a call, a listed site, and an upload of readings.

The first two also beside what openapi-python-client generates.

Time is that of the client's own process (CPU), since the server's is the same for both.
"""

import gzip
import itertools
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from statistics import median

import httpx2
import msgspec

from benchmarks.support import fleets, generated
from benchmarks.support.ground import Ground, verdict
from benchmarks.support.servers import wattyard
from wattyard.platform.db import schema
from wattyard.platform.embedded import EmbeddedDatabase
from wattyard_client import Wattyard

_CALLS = 300
_PAGES = 30
_PAGE = 100
_READINGS = 1_000_000
_BATCH = 10_000
_SERIES = 100
_TURNS = 10
"""Of the upload and of ready bodies: a machine is not equally fast all the time."""


def run(ground: Ground) -> None:
    """Measure calls, pages of sites and an upload of a million readings."""
    with EmbeddedDatabase(ground.folder / "client").lease() as url:
        schema.migrate(url)
        account, secret, _ = fleets.build(url, _PAGES * _PAGE)
        with (
            wattyard(url) as (address, _),
            Wattyard(address, account, secret) as yard,
            httpx2.Client(base_url=address) as bare,
        ):
            token = bare.post("/auth/tokens", auth=(account, secret)).json()
            bare.headers["Authorization"] = f"Bearer {token['bearer_token']}"
            own = {"call": _calls(ground, yard, bare), "site": _pages(ground, yard, bare)}
            _generated(ground, address, token["bearer_token"], own)
            _upload(yard, bare)


def _cpu_seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _medians(
    ground: Ground, ours: Callable[[], object], theirs: Callable[[], object]
) -> tuple[float, float]:
    """Measure both in turn."""
    rounds = [(_cpu_seconds(ours), _cpu_seconds(theirs)) for _ in range(ground.rounds + 1)][1:]
    return median(one for one, _ in rounds), median(two for _, two in rounds)


def _calls(ground: Ground, yard: Wattyard, bare: httpx2.Client) -> float:
    """Compare calls; give the microseconds of one."""

    def ours() -> None:
        for _ in range(_CALLS):
            yard.account.retrieve()

    def theirs() -> None:
        for _ in range(_CALLS):
            bare.get("/account").raise_for_status().json()

    own, other = (1e6 * seconds / _CALLS for seconds in _medians(ground, ours, theirs))
    print(f"   a call: {own:,.0f} us; bare httpx2: {other:,.0f} us")
    verdict("CPU of a call / bare httpx2", own / other, "<= 2", met=own <= 2 * other)
    return own


def _pages(ground: Ground, yard: Wattyard, bare: httpx2.Client) -> float:
    """Compare lists; give the microseconds of a listed site."""

    def ours() -> None:
        assert sum(1 for _ in yard.sites.list(limit=_PAGE)) == _PAGES * _PAGE

    def theirs() -> None:
        query, listed = {"limit": str(_PAGE)}, 0
        while True:
            page = bare.get("/sites", params=query).raise_for_status().json()
            listed += len(page["data"])
            if not page["has_more"]:
                break
            query["starting_after"] = page["data"][-1]["id"]
        assert listed == _PAGES * _PAGE

    count = _PAGES * _PAGE
    own, other = (1e6 * seconds / count for seconds in _medians(ground, ours, theirs))
    print(f"   a listed site: {own:,.1f} us; bare httpx2: {other:,.1f} us")
    verdict("CPU of a listed site / bare httpx2", own / other, "<= 2", met=own <= 2 * other)
    return own


def _generated(ground: Ground, address: str, token: str, own: dict[str, float]) -> None:
    found = generated.measured(
        ground.folder / "generated",
        address=address,
        token=token,
        counts=(_CALLS, _PAGES, _PAGE, ground.rounds),
    )
    if isinstance(found, str):
        print(f"   {generated.GENERATOR}: {found}")
        return
    for name, what in {"call": "a call", "site": "a listed site"}.items():
        other = 1e6 * found[name]
        print(f"   {generated.GENERATOR}: {what} {other:,.1f} us")
        share = own[name] / other
        verdict(f"CPU of {what} / openapi-python-client's", share, "<= 1", met=share <= 1)


def _upload(yard: Wattyard, bare: httpx2.Client) -> None:
    """The upload, beside the same bodies made beforehand: the server's own rate."""
    places = [
        site.location_id for site in itertools.islice(yard.sites.list(limit=_SERIES), _SERIES)
    ]
    turns = [_turn(yard, bare, places, turn) for turn in range(_TURNS)]
    own, other = (_READINGS / _TURNS / median(one) for one in zip(*turns, strict=True))
    print(f"   upload: {own:,.0f} readings/s; ready bodies: {other:,.0f}/s")
    share = median(other / own for own, other in turns)
    verdict("upload, share of the server's own rate", share, ">= 0.80", met=share >= 0.8)


def _turn(yard: Wattyard, bare: httpx2.Client, places: list[str], turn: int) -> tuple[float, float]:
    """Measure the seconds of the upload and of ready bodies; each is first in every other turn."""
    later, earlier = datetime(2024, 1, 1, tzinfo=UTC), datetime(2022, 1, 1, tzinfo=UTC)
    through = _batches(places, later, turn)
    bodies = [gzip.compress(msgspec.json.encode(one), 1) for one in _batches(places, earlier, turn)]
    if turn % 2:
        own = _seconds(lambda: _through(yard, through))
        return own, _seconds(lambda: _put(bare, bodies))
    other = _seconds(lambda: _put(bare, bodies))
    return _seconds(lambda: _through(yard, through)), other


def _put(bare: httpx2.Client, bodies: list[bytes]) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    for body in bodies:
        bare.put("/meters/interval", content=body, headers=headers, timeout=60).raise_for_status()


def _through(yard: Wattyard, batches: Iterator[list[dict[str, object]]]) -> None:
    upload = yard.meters.upload(itertools.chain.from_iterable(batches))
    assert (upload.accepted, upload.failed) == (_READINGS // _TURNS, 0)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _batches(places: list[str], start: datetime, turn: int) -> Iterator[list[dict[str, object]]]:
    """Make the readings of a turn, one hour of all places after the other."""
    hours_each, hours_of_turn = _BATCH // _SERIES, _READINGS // _TURNS // _SERIES
    for first in range(turn * hours_of_turn, (turn + 1) * hours_of_turn, hours_each):
        hours = [start + timedelta(hours=first + n) for n in range(hours_each + 1)]
        texts = [hour.isoformat() for hour in hours]
        yield [
            {"location_id": place, "start_time": begins, "end_time": ends, "energy_kwh": 0.5}
            for begins, ends in itertools.pairwise(texts)
            for place in places
        ]
