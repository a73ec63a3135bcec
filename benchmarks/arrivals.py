"""`wattyard import sites`: how fast a fleet arrives, beside a bare COPY of the same rows."""

import json
import subprocess
import sys
import time

from benchmarks.support import fleets
from benchmarks.support.ground import OTHER_CORE, SERVER_CORE, Ground, pin, verdict
from wattyard.platform.db import schema
from wattyard.platform.embedded import EmbeddedDatabase

_SITES = 20_000


def run(ground: Ground) -> None:
    """Measure an import of sites with two devices each, all events written."""
    embedded = EmbeddedDatabase(ground.folder / "arrivals")
    file = ground.folder / "fleet.ndjson"
    with file.open("w") as lines:
        for number in range(_SITES):
            lines.write(json.dumps(_site(number)) + "\n")
    with embedded.lease() as url:
        postmaster = (embedded.data / "postgres" / "postmaster.pid").read_text().split("\n")[0]
        pin(int(postmaster), OTHER_CORE)
        schema.migrate(url)
        started = time.perf_counter()
        account, _, _ = fleets.build(url, _SITES)
        copied = _SITES / (time.perf_counter() - started)
        command = [
            "taskset", "-c", str(SERVER_CORE), sys.executable, "-m", "wattyard", "import", "sites",
            str(file), "--account", account, "--mode", "live", "--json", "--database", url,
        ]  # fmt: skip
        rates = []
        for _ in range(2):
            started = time.perf_counter()
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            rates.append(_SITES / (time.perf_counter() - started))
            report = json.loads(done.stdout)
            assert report["created"] + report["unchanged"] == _SITES, report
    print(f"   bare COPY of the rows, without events   {copied:10,.0f} sites/s (baseline)")
    print(f"   the same file again, nothing to change  {rates[1]:10,.0f} sites/s")
    verdict("import, sites/s", rates[0], ">= 2,000", met=rates[0] >= 2000)


def _site(number: int) -> dict[str, object]:
    device = {
        "type": "BATTERY_SYSTEM",
        "manufacturer": "Nova Systems",
        "model_code": "PICOXN2",
        "model_name": "Pico Ultimate",
        "properties": {"power_rating_import_kwh": 14.2, "capacity_kwh": 123},
    }
    return {
        "reference_id": f"home-{number}",
        "postal_address": {"city": "Lyon", "country_code": "FR", "post_code": "69001"},
        "devices": [{"reference_id": f"{kind}-{number}", **device} for kind in ("a", "b")],
    }
