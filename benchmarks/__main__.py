"""`make bench`: run the named cases, or all, and print ratios."""

import argparse
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import (
    arrivals,
    attacks,
    cdr_plans,
    client,
    costs_engine,
    costs_http,
    dashboard,
    device_states,
    large_bodies,
    list_sites,
    log_line,
    meters,
    plans,
    plans_http,
    prices_http,
    reference,
    replicas,
    request_log,
    scale,
    sessions,
    site_plans,
    site_search,
    sizes,
    start,
    tariff_shapes,
    tariffs_engine,
    tier_counters,
    webhooks,
)
from benchmarks.support import sections
from benchmarks.support.ground import FIGURES, Ground

CASES = {
    "start": start.run,
    "prices": tariffs_engine.run,
    "bodies": large_bodies.run,
    "costs": costs_engine.run,
    "prices-http": prices_http.run,
    "counters": tier_counters.run,
    "costs-http": costs_http.run,
    "shapes": tariff_shapes.run,
    "cdr": cdr_plans.run,
    "plans": plans.run,
    "site-plans": site_plans.run,
    "plans-http": plans_http.run,
    "sessions": sessions.run,
    "import": arrivals.run,
    "list": list_sites.run,
    "replicas": replicas.run,
    "states": device_states.run,
    "search": site_search.run,
    "log": log_line.run,
    "request-log": request_log.run,
    "webhooks": webhooks.run,
    "client": client.run,
    "reference": reference.run,
    "dashboard": dashboard.run,
    "meters": meters.run,
    "attacks": attacks.run,
    "sizes": sizes.run,
    "scale": scale.run,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("cases", nargs="*", help=f"of {', '.join(CASES)}; default all")
    parser.add_argument("--sites", type=int, default=100_000, help="size of the list case")
    parser.add_argument("--scale-sites", type=int, default=1_000_000, help="of the scale case")
    parser.add_argument("--mixed-seconds", type=float, default=60, help="of its mixed load")
    parser.add_argument("--readings", type=int, default=90_000_000, help="of the meters case")
    parser.add_argument("--seconds", type=float, default=4, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds (median taken)")
    parser.add_argument("--write", action="store_true", help="the figures to docs/benchmarks.md")
    options = parser.parse_args()
    unknown = set(options.cases) - set(CASES)
    if unknown:
        sys.exit(f"unknown cases: {', '.join(unknown)}; there are {', '.join(CASES)}")
    print(
        f"{datetime.now(UTC):%Y-%m-%d} · {platform.machine()} · Python {platform.python_version()}"
    )
    with tempfile.TemporaryDirectory(prefix="wattyard-bench-") as folder:
        ground = Ground(
            Path(folder),
            options.sites,
            options.seconds,
            options.rounds,
            options.scale_sites,
            options.mixed_seconds,
            options.readings,
        )
        for name in options.cases or CASES:
            print(f"\n== {name}")
            FIGURES.clear()
            CASES[name](ground)
            if options.write:
                sections.write(name, FIGURES)


if __name__ == "__main__":  # not in processes that a case starts
    main()
