"""A fleet arrives: `wattyard import sites`, run as a person runs it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.clock import FakeClock
from tests.support.world import World
from wattyard.accounts.service import Accounts
from wattyard.app import services as services_on
from wattyard.cli import app
from wattyard.kernel import ids
from wattyard.kernel.context import Contexts
from wattyard.sites.service import Fleet, Inspection, Sites

pytestmark = pytest.mark.usefixtures("loop_free")

HOME = {
    "reference_id": "home-1",
    "postal_address": {"city": "Amsterdam", "country_code": "NL"},
    "devices": [
        {"reference_id": "b-1", "type": "BATTERY_SYSTEM", "properties": {"capacity_kwh": 10}}
    ],
}

WEAK = {
    "reference_id": "h-1",
    "type": "HEAT_PUMP",
    "properties": {"heat_pump": {"min_power_kw": 5, "max_power_kw": 4}},
}


@pytest.fixture
def loop_free() -> None:
    """The command runs its own event loop, so these tests have none."""


class Desk:
    """Somebody at the command line, with an account to bring sites into."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        made = self.run("account", "create", "--name", "a maker", "--json")
        self.account = json.loads(made.stdout)["account_id"]

    def run(self, *arguments: str, stdin: str | None = None) -> Any:
        return CliRunner().invoke(app, [*arguments, "--database", self.url], input=stdin)

    def bring(self, text: str | bytes, name: str = "fleet.ndjson", *options: str) -> Any:
        file = self.folder / name
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return self._bring(str(file), *options)

    def _bring(self, file: str, *options: str, stdin: str | None = None) -> Any:
        done = self.run(
            "import", "sites", file, "--account", self.account, "--mode", "test", "--json",
            *options, stdin=stdin,
        )  # fmt: skip
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        report = json.loads(done.stdout)
        assert done.exit_code == (2 if report["refused"] else 0)
        return report

    def sites(self) -> list[Any]:
        async def work() -> list[Any]:
            from wattyard.kernel.callers import Caller
            from wattyard.kernel.pages import PageWindow
            from wattyard.platform.db import Database

            db = Database(self.url, connections=1)
            await db.open()
            services = services_on(db)
            owner = await services.get(Accounts).account(ids.read(self.account, "acc", param="a"))
            caller = Caller(owner.number, owner.id, live_mode=False)
            page = await services.get(Sites).summaries(
                services.get(Contexts).of(caller), PageWindow(100)
            )
            _, wrong = await services.get(Inspection).summaries(services.get(Contexts).of(caller))
            await db.close()
            assert wrong == []
            return [json.loads(item) for item in page.items]

        return asyncio.run(work())


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Desk:
    return Desk(database_url, tmp_path)


def lines(*bodies: Any) -> str:
    return "".join(json.dumps(body) + "\n" for body in bodies)


def test_lines_become_sites_with_their_devices(desk: Desk) -> None:
    report = desk.bring(lines(HOME, {**HOME, "reference_id": "home-2"}))

    assert report == {"dry_run": False, "created": 2, "updated": 0, "unchanged": 0, "refused": []}
    newer, older = desk.sites()
    assert (older["reference_id"], newer["reference_id"]) == ("home-1", "home-2")
    assert older["timezone"] == "Europe/Amsterdam"
    assert older["devices"][0]["properties"]["capacity_kwh"] == 10


def test_a_known_reference_is_updated_and_not_doubled(desk: Desk) -> None:
    desk.bring(lines(HOME))
    (before,) = desk.sites()

    same = desk.bring(lines(HOME))
    assert (same["created"], same["updated"], same["unchanged"]) == (0, 0, 1)
    more = {
        "reference_id": "home-1",
        "status": "INACTIVE",
        "postal_address": {"city": "Amsterdam", "country_code": "NL"},
        "devices": [
            {"reference_id": "b-1", "type": "BATTERY_SYSTEM", "model_name": "Pico"},
            {"reference_id": "c-1", "type": "EV_CHARGER"},
        ],
    }
    changed = desk.bring(lines(more))
    assert (changed["created"], changed["updated"]) == (0, 1)

    (after,) = desk.sites()
    assert (after["id"], after["status"]) == (before["id"], "INACTIVE")
    kept, new = after["devices"]
    assert kept["id"] == before["devices"][0]["id"]
    assert (kept["model_name"], kept["properties"]["capacity_kwh"]) == ("Pico", 10)
    assert new["id"] != kept["id"]


def test_bad_lines_are_all_reported_and_good_ones_taken(desk: Desk) -> None:
    text = (
        lines(HOME)
        + "{broken\n"
        + "\n"
        + lines(
            {**HOME, "reference_id": None},
            {**HOME, "reference_id": "x", "status": "OPEN", "colour": 1},
            {**HOME, "reference_id": "mars", "timezone": "Mars/Phobos"},
            {
                "reference_id": "tn",
                "postal_address": {"city": "Nashville", "country_code": "US", "state": "TN"},
            },
            {**HOME, "reference_id": "c", "customer_id": "cus_" + "0" * 32},
            HOME,
            {**HOME, "reference_id": "twice", "devices": HOME["devices"] * 2},
            {**HOME, "reference_id": "home-2"},
            {**HOME, "reference_id": "power", "devices": [WEAK]},
        )
    )

    report = desk.bring(text)

    assert report["created"] == 2
    reasons = {one["line"]: one["reason"] for one in report["refused"]}
    assert sorted(reasons) == [2, 4, 5, 6, 7, 8, 9, 10, 12]
    assert "line 1 column 2" in reasons[2]
    assert "reference_id" in reasons[4]
    assert "status must be" in reasons[5]
    assert "colour" in reasons[5]
    assert "Mars/Phobos" in reasons[6]
    assert "America/Chicago" in reasons[7]
    assert "customer" in reasons[8]
    assert "line 1" in reasons[9]
    assert "different reference_ids" in reasons[10]
    assert reasons[12].startswith("devices[0].properties.heat_pump.min_power_kw: ")


def test_what_a_long_file_makes_has_the_time_of_its_batch(desk: Desk) -> None:
    many = [
        {"reference_id": f"site-{n}", "currency_code": "EUR", "timezone": "UTC"} for n in range(251)
    ]

    assert desk.bring(lines(*many))["created"] == 251
    assert len({site["time_created"] for site in desk.sites()}) == 2


def test_a_dry_run_says_what_would_be_and_stores_nothing(desk: Desk) -> None:
    report = desk.bring(lines(HOME, {"reference_id": "bad"}), "fleet.ndjson", "--dry-run")

    assert (report["dry_run"], report["created"], len(report["refused"])) == (True, 1, 1)
    assert desk.sites() == []


def test_standard_input_is_read(desk: Desk) -> None:
    assert desk._bring("-", stdin=lines(HOME))["created"] == 1


CSV = (
    "reference_id,city,country_code,lat,lng,max_power_import_kw,metadata.plan,"
    "devices.1.reference_id,devices.1.type,devices.1.properties.capacity_kwh,"
    "devices.2.reference_id,devices.2.type,devices.2.properties.ev_charger.v2g_capable\n"
    'home-1,"Aix, Provence",FR,43.53,5.45,12,green,b-1,BATTERY_SYSTEM,10.5,c-1,EV_CHARGER,true\n'
    "home-2,Lyon,FR,,,,,,,,,,\n"
)


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("crlf", [False, True])
def test_a_table_is_read_with_or_without_a_bom_and_with_either_line_end(
    desk: Desk, bom: bytes, crlf: bool
) -> None:
    text = CSV.replace("\n", "\r\n") if crlf else CSV

    report = desk.bring(bom + text.encode(), "fleet.csv")

    assert (report["created"], report["refused"]) == (2, [])
    newer, older = desk.sites()
    assert (newer["reference_id"], newer["devices"]) == ("home-2", [])
    assert older["metadata"] == {"plan": "green"}
    assert [d["properties"]["capacity_kwh"] for d in older["devices"]] == [10.5, None]
    assert older["timezone"] == "Europe/Paris"


def test_bad_rows_of_a_table_are_named_by_line(desk: Desk) -> None:
    rows = (
        "reference_id,city,country_code,max_power_import_kw\n"
        "a,Lyon,FR,twelve\n"
        "b,Lyon\n"
        "c,Lyon,XX,\n"
        ",Lyon,FR,\n"
        "e,Lyon,FR,9\n"
    )
    report = desk.bring(rows, "fleet.csv")

    reasons = {one["line"]: one["reason"] for one in report["refused"]}
    assert report["created"] == 1
    assert "'twelve'" in reasons[2]
    assert "2 cells" in reasons[3]
    assert "ISO 3166-1" in reasons[4]
    assert "reference_id" in reasons[5]


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("city,country_code", "reference_id is missing"),
        ("reference_id,town", "unknown columns: 'town'"),
        ("reference_id,devices.1", "unknown columns"),
        ("reference_id,city,city", "more than once: city"),
        ("", "empty"),
    ],
)
def test_a_table_with_a_wrong_header_is_refused_whole(desk: Desk, header: str, says: str) -> None:
    file = desk.folder / "fleet.csv"
    file.write_text(f"{header}\nx,y\n" if header else "")
    done = desk.run("import", "sites", str(file), "--account", desk.account, "--mode", "test")

    assert done.exit_code == 1
    assert says in str(done.exception)


def test_rows_that_are_not_text_or_not_csv_are_named_and_the_rest_is_taken(desk: Desk) -> None:
    rows = b'reference_id,city,country_code\na,Lyon,FR\nb,Ly\xffon,FR\nc,Lyon,FR\nd,"Lyon"x,FR\n'

    report = desk.bring(rows, "fleet.csv")

    reasons = {one["line"]: one["reason"] for one in report["refused"]}
    assert report["created"] == 2
    assert sorted(reasons) == [3, 5]
    assert "city must be" in reasons[3]
    assert "nothing after this line" in reasons[5]


def test_an_endless_line_is_refused_and_the_rest_is_taken(desk: Desk) -> None:
    text = b"x" * 1_100_000 + b"\n" + lines(HOME).encode()

    report = desk.bring(text)

    assert report["created"] == 1
    assert [one["line"] for one in report["refused"]] == [1]


def test_a_missing_file_or_account_is_said(desk: Desk) -> None:
    done = desk.run("import", "sites", "/nowhere", "--account", desk.account, "--mode", "test")
    assert "No such file" in str(done.exception)
    file = desk.folder / "f.ndjson"
    file.write_text(lines(HOME))
    unknown = "acc_" + "0" * 32
    done = desk.run("import", "sites", str(file), "--account", unknown, "--mode", "test")
    assert "no account" in str(done.exception)


def test_a_device_at_two_places_is_shown_anew_at_both(desk: Desk) -> None:
    desk.bring(lines(HOME, {**HOME, "reference_id": "home-2", "devices": []}))

    async def spread() -> None:
        from wattyard.platform.db import Database

        db = Database(desk.url, connections=3)
        await db.open()
        async with World(db, FakeClock(None)) as world:  # type: ignore[arg-type]  # no time is asked
            owner = ids.read(desk.account, "acc", param="a")
            async with db.transaction() as connection:
                account = await connection.fetchval(
                    "SELECT account FROM accounts WHERE id = $1", owner
                )
                await connection.execute(
                    "INSERT INTO device_places SELECT $1, false, s.id, d.id FROM sites s, devices d"
                    " WHERE s.account = $1 AND d.account = $1 ON CONFLICT DO NOTHING",
                    account,
                )
            from wattyard.kernel.callers import Caller

            caller = Caller(account, owner, live_mode=False)
            await world.services.get(Inspection).summaries(
                world.services.get(Contexts).of(caller), repair=True
            )
        await db.close()

    asyncio.run(spread())
    changed = {**HOME, "devices": [{**HOME["devices"][0], "model_name": "Pico"}]}
    assert desk.bring(lines(changed))["updated"] == 1
    assert [s["devices"][0]["model_name"] for s in desk.sites()] == ["Pico", "Pico"]


def test_two_imports_at_once_make_nothing_twice(desk: Desk) -> None:
    text = lines(*({**HOME, "reference_id": f"home-{n}"} for n in range(60)))

    async def work() -> tuple[int, int]:
        from wattyard.kernel.callers import Caller
        from wattyard.platform.db import Database
        from wattyard.sites.wire.arrivals import arrival

        db = Database(desk.url, connections=4)
        await db.open()
        services = services_on(db)
        owner = await services.get(Accounts).account(ids.read(desk.account, "acc", param="a"))
        caller = Caller(owner.number, owner.id, live_mode=False)
        batch = [arrival(n, json.loads(line)) for n, line in enumerate(text.splitlines())]

        async def one() -> int:
            made = 0
            for start in range(0, 60, 10):
                made += (
                    await services.get(Fleet).bring_in(
                        services.get(Contexts).of(caller), batch[start : start + 10]
                    )
                ).created
            return made

        first, second = await asyncio.gather(one(), one())
        await db.close()
        return first, second

    assert sum(asyncio.run(work())) == 60
    assert len(desk.sites()) == 60


def test_accounts_and_keys_are_managed(desk: Desk) -> None:
    made = json.loads(
        desk.run(
            "key", "create", "--account", desk.account, "--mode", "live", "--name", "ci", "--json"
        ).stdout
    )
    assert set(made) >= {"id", "secret_key"}
    assert made["secret_key"].startswith("sk_live_")
    revoked = json.loads(desk.run("key", "revoke", made["id"], "--json").stdout)
    assert revoked["time_revoked"]
    keys = json.loads(desk.run("key", "list", "--account", desk.account, "--json").stdout)
    assert [key["name"] for key in keys] == ["first test key", "first live key", "ci"]
    assert "secret_key" not in keys[0]
    desk.run("account", "disable", desk.account)
    listed = json.loads(desk.run("account", "list", "--json").stdout)
    assert next(a for a in listed if a["id"] == desk.account)["status"] == "DISABLED"
    assert desk.run("account", "enable", desk.account).exit_code == 0
    assert "ENABLED" in desk.run("account", "list").stdout
    for_people = desk.run("key", "list", "--account", desk.account).stdout
    assert all(f"{one['id']} " in for_people for one in keys)
    assert for_people.count(f"made {keys[0]['time_created'][:10]}") == len(keys)
    for wrong in (
        ("key", "revoke", "key_" + "0" * 32),
        ("key", "revoke", "nonsense"),
        ("account", "disable", "acc_" + "0" * 32),
        ("account", "create", "--name", " "),
        ("key", "create", "--account", desk.account, "--mode", "live", "--name", "x" * 256),
    ):
        assert desk.run(*wrong).exit_code == 1


def test_the_doctor_finds_and_repairs_a_wrong_summary(desk: Desk) -> None:
    desk.bring(lines(HOME))
    (site,) = desk.sites()

    async def damage() -> None:
        import asyncpg

        connection = await asyncpg.connect(desk.url)
        await connection.execute(
            "UPDATE sites SET summary = replace(convert_from(summary, 'utf8'), 'EUR', 'USD')::bytea"
            " WHERE id = $1",
            ids.read(site["id"], "ste", param="id"),
        )
        await connection.close()

    asyncio.run(damage())
    found = desk.run("doctor", "--json")
    assert found.exit_code == 1
    assert site["id"] in json.loads(found.stdout)["summaries_wrong"]  # others' tests damage, too
    assert "summaries wrong, rewritten" in desk.run("doctor", "--repair").stdout
    assert json.loads(desk.run("doctor", "--json").stdout)["summaries_wrong"] == []
    assert desk.sites() == [site]
