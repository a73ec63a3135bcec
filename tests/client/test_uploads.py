"""What the client does with many readings, also where the server stops taking them."""

import asyncio
import gzip
import pickle
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import msgspec
import pytest

from tests.client.recorded import TOKEN, Recorded, Reply, recorded, refusal
from tests.client.test_calls import SITE, client
from wattyard_client import AsyncWattyard, ServerError, Upload, UploadFailed, codes

HEAD = {key: SITE[key] for key in ("id", "object", "live_mode", "account_id", "time_created")}
UNAVAILABLE = refusal(503, "unavailable")


def batch(submitted: int, failed: tuple[int, ...] = ()) -> Reply:
    rows = [
        {"record_num": n, "record_reference_id": None, "code": "value_invalid", "error": "x"}
        for n in failed
    ]
    numbers = {
        "records_submitted": submitted,
        "records_accepted": submitted - len(failed),
        "records_processed": submitted - len(failed),
        "records_failed": len(failed),
    }
    more = {"complete": True, "failed_records": rows, "failed_records_truncated": False}
    return Reply(200, {**HEAD, **numbers, **more})


def readings(count: int) -> Iterator[Mapping[str, Any]]:
    return ({"energy_kwh": n} for n in range(count))


def sent(server: Recorded) -> list[list[dict[str, Any]]]:
    return [msgspec.json.decode(gzip.decompress(asked.body)) for asked in server.asked]


def test_readings_are_sent_in_batches_and_failures_counted_over_all() -> None:
    with client(batch(10_000, (1,)), batch(5, (2,))) as (yard, server):
        upload = yard.meters.upload(readings(10_005))

    assert (upload.submitted, upload.accepted, upload.failed) == (10_005, 10_003, 2)
    assert [one.record_num for one in upload.failures] == [1, 10_002]
    assert [len(one) for one in sent(server)] == [10_000, 5]
    assert sent(server)[1][-1] == {"energy_kwh": 10_004}


def test_of_no_readings_nothing_is_sent() -> None:
    with client() as (yard, server):
        assert yard.meters.upload(readings(0)) == Upload()

    assert server.asked == []


def test_an_upload_that_broke_off_says_what_was_taken_and_goes_on_there() -> None:
    replies = batch(10_000, (7,)), UNAVAILABLE, batch(10_000), batch(1, (1,))
    with client(*replies, retries=0) as (yard, server):
        with pytest.raises(UploadFailed, match=r"at reading 10,001 \(9,999 were") as raised:
            yard.meters.upload(readings(20_001))
        failed = raised.value
        counts = failed.upload.submitted, failed.upload.accepted, failed.upload.failed
        upload = yard.meters.upload(readings(20_001), progress=failed.upload)

    assert isinstance(failed.__cause__, ServerError)
    assert (counts, failed.next_record) == ((10_000, 9_999, 1), 10_001)
    assert (upload.submitted, upload.accepted, upload.failed) == (20_001, 19_999, 2)
    assert [one.record_num for one in upload.failures] == [7, 20_001]
    assert [one[0]["energy_kwh"] for one in sent(server)] == [0, 10_000, 10_000, 20_000]


@pytest.mark.parametrize(
    "wrong", [ZeroDivisionError(), object()], ids=["no more of them", "not to be written as JSON"]
)
def test_readings_that_break_off_themselves_leave_the_counts_of_what_was_sent(
    wrong: object,
) -> None:
    def broken() -> Iterator[Any]:
        yield from readings(20_000)
        if isinstance(wrong, Exception):
            raise wrong
        yield wrong

    progress = Upload()
    raises = pytest.raises((ZeroDivisionError, TypeError))
    with client(batch(10_000), batch(10_000)) as (yard, _), raises:
        yard.meters.upload(broken(), progress=progress)

    assert progress.submitted == progress.accepted >= 10_000


def test_an_upload_that_failed_is_whole_after_pickling() -> None:
    failed = pickle.loads(pickle.dumps(UploadFailed(Upload(5, 4, 1), "no")))  # noqa: S301

    assert (failed.upload, failed.next_record) == (Upload(5, 4, 1), 6)
    assert "at reading 6 (4 were accepted before): no" in str(failed)


@pytest.mark.parametrize("are_awaited", [True, False])
async def test_for_asyncio_the_same(are_awaited: bool) -> None:
    async def awaited() -> AsyncIterator[Mapping[str, Any]]:
        for one in readings(10_002):
            yield one

    def made() -> Any:
        return awaited() if are_awaited else readings(10_002)

    refused = refusal(401, "key_revoked")
    with recorded(batch(10_000), refused, batch(2, (2,))) as server:
        async with AsyncWattyard(server.url, "acc_1", "sk_1") as yard:
            with pytest.raises(UploadFailed) as raised:
                await yard.meters.upload(made())
            failed = raised.value
            upload = await yard.meters.upload(made(), progress=failed.upload)

    assert isinstance(failed.__cause__, codes.KeyRevoked)
    assert (failed.next_record, upload.submitted, upload.accepted) == (10_001, 10_002, 10_001)
    assert [one.record_num for one in upload.failures] == [10_002]
    assert [len(one) for one in sent(server)] == [10_000, 2, 2]


async def test_an_answer_may_come_before_the_next_batch_is_packed() -> None:
    replies = [batch(10_000), batch(1)]

    def answered(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/auth/tokens":
            return httpx2.Response(200, json=TOKEN)
        free.set()
        return httpx2.Response(200, content=replies.pop(0).content)

    free = threading.Event()
    with ThreadPoolExecutor(1) as executor:
        asyncio.get_running_loop().set_default_executor(executor)
        executor.submit(free.wait, 20)
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(answered))
        async with AsyncWattyard("http://yard.example", "acc_1", "sk_1", http=http) as yard:
            upload = await yard.meters.upload(readings(10_001))

    assert upload.submitted == 10_001
