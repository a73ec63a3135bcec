"""Names of receivers whose servers do not answer: nobody waits for them, and no process."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Sequence

from wattyard.platform.outbound.lookup import SystemLookup

LEAVING = """
import asyncio, time
from wattyard.platform.outbound.lookup import SystemLookup

async def main():
    lookup = SystemLookup(lambda host: time.sleep(600) or [])
    asked = [asyncio.ensure_future(lookup(f"silent-{n}.example")) for n in range(300)]
    await asyncio.wait(asked, timeout=0.1)

asyncio.run(main())
"""


async def test_many_names_that_are_not_answered_do_not_keep_a_known_one_waiting() -> None:
    answered = threading.Event()

    def ask(host: str) -> Sequence[str]:
        if host.startswith("silent"):
            answered.wait(600)
            raise OSError
        return ["93.184.215.14"]

    lookup = SystemLookup(ask)
    assert await lookup("known.example") == ["93.184.215.14"]
    silent = [asyncio.ensure_future(lookup(f"silent-{number}.example")) for number in range(500)]
    try:
        await asyncio.sleep(0)
        async with asyncio.timeout(60):
            assert await lookup("known.example") == ["93.184.215.14"]
    finally:
        answered.set()
        ended = await asyncio.gather(*silent, return_exceptions=True)
    assert {type(one) for one in ended} == {OSError}


def test_a_process_ends_although_names_are_not_answered() -> None:
    subprocess.run([sys.executable, "-c", LEAVING], check=True, timeout=120)


async def test_those_who_ask_for_a_name_together_are_answered_together() -> None:
    asked = []

    def ask(host: str) -> Sequence[str]:
        asked.append(host)
        return ["93.184.215.14"]

    lookup = SystemLookup(ask)
    await asyncio.gather(*(lookup("one.example") for _ in range(50)))
    assert asked == ["one.example"]
