"""Folders of backups: what is kept, what can be restored, and what is said when they fail."""

import asyncio
import gzip
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.stores.test_embedded import ask, eventually, run
from wattyard.app.backup_state import BackupState
from wattyard.cli import backups as cli
from wattyard.cli.backup_schedule import taking_backups
from wattyard.cli.options import CommandFailed
from wattyard.kernel import lengths
from wattyard.kernel.context import Contexts
from wattyard.kernel.ids import SortedIds
from wattyard.kernel.instants import system_clock
from wattyard.kernel.lengths import length
from wattyard.platform.db import Database
from wattyard.platform.embedded import EmbeddedDatabase, EmbeddedError
from wattyard.platform.embedded.archive import recovery, retention, state, taking
from wattyard.platform.embedded.archive.folders import SEGMENT_BYTES, Chain, chains
from wattyard.platform.embedded.archive.state import State
from wattyard.platform.embedded.archive.taking import BackupPlan
from wattyard.platform.settings import SettingInvalid, Settings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEGMENT = "0000000100000000000000{:02X}"


def chain_in(folder: Path, name: str, bases: dict[int, int], segments: range) -> Chain:
    """Lay a chain down: base backups by hour, each with its first segment, and WAL."""
    (folder / name / "wal").mkdir(parents=True)
    (folder / name / "chain.json").write_text('{"system": "1"}')
    for hour, first in bases.items():
        base = folder / name / f"base-{hour:02}"
        base.mkdir()
        ended = (NOON + timedelta(hours=hour)).isoformat()
        known = {"ended": ended, "first_segment": SEGMENT.format(first)}
        (base / "base.json").write_text(json.dumps(known))
    for number in segments:
        (folder / name / "wal" / SEGMENT.format(number)).touch()
    return Chain(folder / name)


def warned(line: str) -> None:
    """Nobody expects a warning."""
    raise AssertionError(line)


def names(chain: Chain) -> tuple[list[str], list[str]]:
    return [one.path.name for one in chain.bases()], [one.name[-2:] for one in chain.segments()]


def test_the_newest_base_backups_are_kept_with_all_changes_since(tmp_path: Path) -> None:
    chain = chain_in(tmp_path, "chain-1", {1: 2, 2: 4, 3: 7}, range(1, 9))
    retention.apply(tmp_path, chain, keep=2)
    assert names(chain) == (["base-02", "base-03"], ["04", "05", "06", "07", "08"])
    # A clock that was set back puts them in another order than that of the changes.
    chain = chain_in(tmp_path, "chain-2", {1: 2, 2: 7, 3: 4}, range(1, 9))
    retention.apply(tmp_path, chain, keep=2)
    assert names(chain) == (["base-02", "base-03"], ["04", "05", "06", "07", "08"])


def test_an_earlier_chain_goes_when_the_present_one_has_all_that_is_kept(tmp_path: Path) -> None:
    earlier = chain_in(tmp_path, "chain-1", {1: 2, 2: 4}, range(1, 6))
    present = chain_in(tmp_path, "chain-2", {3: 2}, range(2, 4))
    elsewhere = chain_in(tmp_path, "chain-3", {9: 2}, range(2, 4))
    retention.apply(tmp_path, present, keep=2)
    assert names(earlier) == (["base-01", "base-02"], ["01", "02", "03", "04", "05"])

    retention.apply(tmp_path, present, keep=1)
    assert [chain.path.name for chain in chains(tmp_path)] == ["chain-2", "chain-3"]
    assert names(elsewhere) == (["base-09"], ["02", "03"])


@pytest.mark.parametrize("written", ["", "{", "[]", '{"ended": "noon"}', '{"ended": 1}'])
def test_a_base_backup_that_cannot_be_read_keeps_nobody_from_the_others(
    tmp_path: Path, written: str, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier = chain_in(tmp_path, "chain-1", {1: 2}, range(1, 3))
    chain = chain_in(tmp_path, "chain-2", {2: 4, 3: 5, 4: 6}, range(3, 8))
    (earlier.path / "base-01" / "base.json").write_text(written)
    (chain.path / "base-03" / "base.json").write_text(written)
    (line,) = chain.unreadable()
    assert f"the base backup {chain.path / 'base-03'} is passed over" in line

    retention.apply(tmp_path, chain, keep=2)
    assert names(chain) == (["base-02", "base-04"], ["04", "05", "06", "07"])
    retention.apply(tmp_path, chain, keep=1)
    assert names(chain) == (["base-04"], ["06", "07"])
    assert {one.path.name for one in chains(tmp_path)} == {"chain-1", "chain-2"}

    cli.backup("list", to=tmp_path, json=True, data=tmp_path)
    said = capsys.readouterr()
    assert [one["backup"] for one in json.loads(said.out)] == ["chain-2/base-04"]
    assert said.err.count("is passed over") == 2


def test_changes_after_a_gap_are_not_followed(tmp_path: Path) -> None:
    chain = chain_in(tmp_path, "chain-1", {1: 0xFE, 2: 0xFF}, range(0))
    for name in ("0000000100000000000000FE", "0000000100000000000000FF.gz"):
        (chain.wal / name).touch()
    for name in ("000000010000000100000000", "000000010000000100000002.partial"):
        (chain.wal / name).touch()
    (chain.wal / "000000010000000100000000.part").touch()
    (base, _) = chain.bases()
    assert [one.name[8:] for one in chain.after(base)] == [
        "00000000000000FE",
        "00000000000000FF",
        "0000000100000000",
    ]
    assert chain.lacking(base) == "000000010000000100000001"


@pytest.mark.parametrize("text", ["", "1", "0d", "1.5h", "-1d", "1w", "1d1h", "99999999d"])
def test_a_length_of_time_is_a_number_and_a_unit(text: str) -> None:
    with pytest.raises(ValueError, match="30m, 12h or 1d"):
        length(text)
    assert length("90m") == timedelta(minutes=90)


@pytest.mark.parametrize("written", ["90s", "90m", "36h", "1d", "14d"])
def test_a_length_of_time_is_written_as_it_is_read(written: str) -> None:
    assert lengths.text(length(written)) == written


def test_what_a_command_of_backups_lacks_is_said(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("18")
    with pytest.raises(CommandFailed, match="name a FILE"):
        cli.backup(None, data=tmp_path)
    with pytest.raises(CommandFailed, match="name a FILE"):
        cli.backup(None, to=tmp_path / "to", data=tmp_path)
    with pytest.raises(CommandFailed, match="no FILE"):
        cli.backup("x.dump", to=tmp_path / "to", data=tmp_path)
    with pytest.raises(SettingInvalid, match="such as 30m, 12h or 1d"):
        cli.backup(None, to=tmp_path / "to", every="daily", data=tmp_path)
    with pytest.raises(SettingInvalid, match="1 or more"):
        cli.backup(None, to=tmp_path / "to", every="1d", keep=0, data=tmp_path)
    with pytest.raises(CommandFailed, match="name the folder of backups"):
        cli.backup("list", data=tmp_path)
    for given in ({}, {"file": tmp_path / "x", "to": "latest"}):
        with pytest.raises(CommandFailed, match="either a FILE, or a moment"):
            cli.restore(**given, data=tmp_path)
    for moment in ("yesterday", "2026-03-01T09:30", ""):
        with pytest.raises(CommandFailed, match="a moment with its zone"):
            cli.restore(None, moment, tmp_path / "to", data=tmp_path)
    with (
        pytest.raises(CommandFailed, match="with its own tools"),
        taking_backups(Settings(database="postgresql://h/d", backup_to="to"), ""),
    ):
        pass


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedDatabase]:
    made = EmbeddedDatabase(tmp_path_factory.mktemp("backed-up") / "data", durable=False)
    with made.lease() as url:
        run(url, "CREATE TABLE kept (number int)")
        yield made


@pytest.fixture
def taken(database: EmbeddedDatabase) -> Iterator[Callable[..., AbstractContextManager[None]]]:
    """Takes backups of the database beside a block; afterwards there is no trace of them in it."""

    def beside(to: Path, every: str = "1h", keep: int = 2) -> AbstractContextManager[None]:
        with database.lease() as url:
            schedule = BackupPlan(to, length(every), keep)
            return taking.taken(database, url, schedule, system_clock)

    yield beside
    taking.stop(database)


def known(database: EmbeddedDatabase) -> State:
    return state.read(database.data) or State("", "", 0, 0, NOON)


async def told(url: str, data: Path, at: datetime, *, backup_to: str = "") -> list[str]:
    db = Database(url, connections=1)
    await db.open()
    try:
        contexts = Contexts(lambda: at, SortedIds(system_clock))
        settings = Settings(data=data, database=url, backup_to=backup_to)
        return await BackupState(db, settings).complaints(contexts.operator())
    finally:
        await db.close()


def test_base_backups_are_taken_every_so_often_and_kept_as_many_as_wanted(
    database: EmbeddedDatabase, taken: Callable[..., AbstractContextManager[None]], tmp_path: Path
) -> None:
    to = tmp_path / "to"
    with taken(to, "1s", 1):
        eventually(lambda: state.read(database.data) is not None and bool(chains(to)))
        (chain,) = chains(to)
        eventually(lambda: bool(chain.bases()))
        first = chain.bases()[0]
        eventually(lambda: bool(chain.bases()) and not first.path.exists())
    assert min(one.name for one in chain.segments()) >= chain.bases()[0].first_segment
    with database.lease() as url:
        late = asyncio.run(told(url, database.data, datetime.now(UTC) + timedelta(days=1)))
        assert "the last good backup to" in late[0]
        assert asyncio.run(told(url, tmp_path, datetime.now(UTC) + timedelta(days=1))) == []
    with pytest.raises(EmbeddedError, match="not empty"):
        recovery.restore(database, to, None, warned)
    (chain.bases()[0].path / "base.tar.gz").write_bytes(b"broken")
    with pytest.raises(EmbeddedError, match="is damaged"):
        recovery.restore(EmbeddedDatabase(tmp_path / "new"), to, None, warned)
    assert [one.name for one in (tmp_path / "new").iterdir()] == ["start.lock"]


def test_changes_that_cannot_be_followed_are_told_of(
    database: EmbeddedDatabase, taken: Callable[..., AbstractContextManager[None]], tmp_path: Path
) -> None:
    to = tmp_path / "to"
    with database.lease() as url, taken(to):
        eventually(lambda: known(database).last_base is not None)
        for _ in range(3):
            run(url, "INSERT INTO kept VALUES (1)")
            run(url, "SELECT pg_sleep(1.2)")
            run(url, "SELECT pg_switch_wal()")
        run(url, "INSERT INTO kept VALUES (1)")
        (chain,) = chains(to)
        (base,) = chain.bases()
        eventually(lambda: len(chain.after(base)) >= 4)
    damaged = chain.after(base)[1]
    whole = damaged.path.read_bytes()
    damaged.path.unlink()
    empty = damaged.path.with_name(damaged.name)
    empty.write_bytes(bytes(SEGMENT_BYTES))
    said: list[str] = []
    recovery.restore(EmbeddedDatabase(tmp_path / "zeros"), to, None, said.append)
    (line,) = said
    assert "is damaged: it has changes up to" in line

    empty.unlink()
    said.clear()
    recovery.restore(EmbeddedDatabase(tmp_path / "gap"), to, None, said.append)
    (line,) = said
    assert f"lacks the segment {damaged.name}" in line

    (chain.wal / f"{damaged.name}.gz").write_bytes(gzip.compress(whole)[:-9])
    with pytest.raises(EmbeddedError, match="cannot be brought to"):
        recovery.restore(EmbeddedDatabase(tmp_path / "broken"), to, None, said.append)


def test_a_chain_that_is_gone_or_broken_is_not_gone_on_with(
    database: EmbeddedDatabase, taken: Callable[..., AbstractContextManager[None]], tmp_path: Path
) -> None:
    to, foreign = tmp_path / "to", tmp_path / "foreign"
    chain_in(foreign, "chain-1", {}, range(0))
    with taken(foreign):
        eventually(lambda: "of another database" in known(database).fault)
    with taken(to):
        eventually(lambda: known(database).last_base is not None)
    first = known(database).chain
    with taken(to):
        pass
    assert known(database).chain == first

    shutil.move(to, tmp_path / "unmounted")
    to.mkdir()
    with taken(to):
        eventually(lambda: "is the disk mounted?" in known(database).fault)
    assert list(to.iterdir()) == []
    shutil.rmtree(to)
    shutil.move(tmp_path / "unmounted", to)
    with database.lease() as url:
        run(url, "SELECT pg_drop_replication_slot('wattyard_backups')")
    with taken(to):
        eventually(lambda: known(database).chain != first and known(database).fault == "")
        eventually(lambda: known(database).last_base is not None)
    assert len(chains(to)) == 2


@pytest.mark.parametrize("written", ["", "[]"])
def test_a_chain_that_cannot_be_read_keeps_no_backup_from_being_taken(
    database: EmbeddedDatabase,
    taken: Callable[..., AbstractContextManager[None]],
    tmp_path: Path,
    written: str,
) -> None:
    broken = chain_in(tmp_path, "chain-1", {1: 2}, range(2, 4))
    (broken.path / "chain.json").write_text(written)
    with taken(tmp_path, keep=1):
        eventually(lambda: known(database).last_base is not None and bool(chains(tmp_path)[1:]))
        (line,) = known(database).unreadable
    assert f"which database the chain {broken.path} belongs to" in line
    assert names(broken)[0] == ["base-01"]


def test_a_disk_that_hangs_is_told_of_and_keeps_nobody_from_ending(
    database: EmbeddedDatabase, taken: Callable[..., AbstractContextManager[None]], tmp_path: Path
) -> None:
    to = tmp_path / "to"
    (to / "chain-1").mkdir(parents=True)
    hangs = to / "chain-1" / "chain.json"
    os.mkfifo(hangs)  # whoever reads it waits, as on a disk that is away
    later = datetime.now(UTC) + timedelta(minutes=15)
    (database.data / "backups.json").unlink(missing_ok=True)
    with database.lease() as url:
        with taken(to):
            (line,) = asyncio.run(told(url, database.data, later, backup_to=str(to)))
            assert f"no backup to {to} was ever begun: its disk does not answer" in line
        hangs.write_text('{"system": "1"}')  # lets go of whoever still waits

    with database.lease() as url, taken(tmp_path / "whole"):
        eventually(lambda: known(database).archived is not None)
        (line,) = asyncio.run(told(url, database.data, later))
        assert f"the archive in {tmp_path / 'whole'} has no change since" in line


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make a small disk")
def test_a_full_folder_is_told_of_and_what_it_lacks_is_kept_until_there_is_room(
    database: EmbeddedDatabase, taken: Callable[..., AbstractContextManager[None]], tmp_path: Path
) -> None:
    to = tmp_path / "small"
    to.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400m,mode=700", "tmpfs", str(to)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("no disk can be mounted here")
    try:
        with database.lease() as url, taken(to):
            eventually(lambda: known(database).last_base is not None)
            # The next segment fits besides, which may be begun at this moment, and not many more.
            nearly_full = f"remount,size={shutil.disk_usage(to).used // 2**20 + 24}m"
            subprocess.run(["mount", "-o", nearly_full, str(to)], check=True)

            def is_full() -> bool:
                run(url, "INSERT INTO kept SELECT generate_series(1, 60000)")
                run(url, "SELECT pg_switch_wal()")
                return "No space left on device" in known(database).fault

            eventually(is_full)
            (line,) = asyncio.run(
                told(url, database.data, datetime.now(UTC) + timedelta(minutes=15))
            )
            assert "No space left" in line
            assert "MiB of them wait on the data disk" in line
            assert ask(url, "SHOW max_slot_wal_keep_size") == "2GB"
            subprocess.run(["mount", "-o", "remount,size=400m", str(to)], check=True)
            eventually(lambda: known(database).fault == "")
    finally:
        subprocess.run(["umount", "--lazy", str(to)], check=True)
