"""Mixed load over raw connections: lists, single reads and state writes, with their times."""

import asyncio
import json
import random
import re
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

_CONNECTIONS = 16
_LENGTH = re.compile(rb"content-length: (\d+)")


@dataclass
class Result:
    """What a load came to."""

    seconds: float
    times: list[float] = field(default_factory=list)
    errors: int = 0

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    @property
    def p50_ms(self) -> float:
        return sorted(self.times)[len(self.times) // 2] * 1000

    @property
    def p99_ms(self) -> float:
        return sorted(self.times)[int(len(self.times) * 0.99)] * 1000


class Wire:
    """One kept-alive connection."""

    def __init__(self, address: str, headers: dict[str, str]) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname, parts.port
        self._head = f"Host: {parts.netloc}\r\n" + "".join(
            f"{name}: {value}\r\n" for name, value in headers.items()
        )

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)

    async def send(self, method: str, path: str, body: bytes = b"") -> int:
        """Send a request, read its answer whole, and give the status."""
        head = f"{method} {path} HTTP/1.1\r\n{self._head}"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self._writer.write(head.encode() + b"\r\n" + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(answer)
        assert length
        await self._reader.readexactly(int(length[1]))
        return int(answer[9:12])


async def run(
    address: str, headers: dict[str, str], sites: list[dict[str, Any]], *, seconds: float
) -> Result:
    """80 % lists at random places, 10 % single sites, 10 % device states."""
    result = Result(seconds)
    end = time.monotonic() + seconds

    async def one(seed: int) -> None:
        choose = random.Random(seed)
        wire = Wire(address, headers)
        await wire.open()
        while time.monotonic() < end:
            site = choose.choice(sites)
            dice = choose.random()
            started = time.perf_counter()
            if dice < 0.8:
                status = await wire.send("GET", f"/sites?limit=30&starting_after={site['id']}")
            elif dice < 0.9:
                status = await wire.send("GET", f"/sites/{site['id']}")
            else:
                device = choose.choice(site["devices"])["id"]
                status = await wire.send("PUT", f"/devices/{device}/state", state(choose))
            result.times.append(time.perf_counter() - started)
            result.errors += status != 200

    await asyncio.gather(*(one(seed) for seed in range(_CONNECTIONS)))
    return result


async def states(
    address: str, headers: dict[str, str], devices: list[str], *, seconds: float
) -> float:
    """Device states only: how many a second."""
    end = time.monotonic() + seconds

    async def one(seed: int) -> int:
        choose = random.Random(seed)
        wire = Wire(address, headers)
        await wire.open()
        count = 0
        while time.monotonic() < end:
            path = f"/devices/{choose.choice(devices)}/state"
            assert await wire.send("PUT", path, state(choose)) == 200
            count += 1
        return count

    return sum(await asyncio.gather(*(one(seed) for seed in range(_CONNECTIONS)))) / seconds


def state(choose: random.Random) -> bytes:
    """Make the body of a state of now."""
    return json.dumps(
        {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "state_of_charge_percent": round(choose.uniform(0, 100), 1),
            "battery_power_kw": round(choose.uniform(-5, 5), 2),
        }
    ).encode()
