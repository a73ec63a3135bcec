"""Which format a file has, and what no file does to the readers."""

import io
import re
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.meter_files import EPOCH, Usage, green_button
from wattyard.meters.adapters import meter_file
from wattyard.meters.adapters.column_map import ColumnMap, ValueColumn
from wattyard.meters.adapters.importers import READERS
from wattyard.meters.adapters.meter_file import (
    FormatUnknown,
    MeterFormat,
    MeterReading,
    Noted,
    Options,
    RefusedReading,
    recognise,
)

COLUMNS = ColumnMap(values=(ValueColumn(2),), start=1, length=timedelta(minutes=30))
OPTIONS = Options(zone="Europe/London", columns=COLUMNS)


@pytest.mark.parametrize(
    ("head", "name", "expected"),
    [
        (b"100,NEM12,200405011135,MDA1,Ret1\r\n200,", "x.csv", MeterFormat.NEM12),
        (b'"100","NEM12",2004\n', "x", MeterFormat.NEM12),
        (b"\xef\xbb\xbf100,NEM12,2004", "x", MeterFormat.NEM12),
        (b"200,N,E1,1,E1,N1,M,kWh,30,\n300,2025", "x.csv", MeterFormat.NEM12),
        (b"100,5\n200,6\n", "x.csv", MeterFormat.CSV),
        (b'<?xml version="1.0"?><feed>', "x", MeterFormat.GREEN_BUTTON),
        (" <feed>".encode("utf-16"), "x.xml", MeterFormat.GREEN_BUTTON),
        (b"date;kWh\n", "x.txt", MeterFormat.CSV),
        ("date;kWh\n".encode("utf-16"), "x.txt", MeterFormat.CSV),
    ],
)
def test_a_format_is_told_by_how_a_file_starts(
    head: bytes, name: str, expected: MeterFormat
) -> None:
    assert recognise(head, name) is expected


@pytest.mark.parametrize(
    ("head", "hint"),
    [
        (b"PK\x03\x04...", "spreadsheet"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"%PDF-1.7", "PDF"),
        (b'{"location_id":', "JSON"),
        (b"", "empty"),
        (b"\x00\x01\x02", "not text"),
    ],
)
def test_a_file_of_no_format_is_refused_with_what_it_seems_to_be(head: bytes, hint: str) -> None:
    with pytest.raises(FormatUnknown, match=hint):
        recognise(head, "usage.csv")


def test_real_files_are_recognised(shared_data: Path) -> None:
    found = {path.name: recognise(path.read_bytes()[:4096], path.name)
             for path in (shared_data / "meter").iterdir()}  # fmt: skip

    assert found == {
        "Example_NEM12_actual_interval.csv": MeterFormat.NEM12,
        "Example_NEM12_multiple_meters.csv": MeterFormat.NEM12,
        "test_usage_data_01.xml": MeterFormat.GREEN_BUTTON,
    }


def test_the_modules_that_read_are_named_where_formats_are_told_apart() -> None:
    named = re.search(r"its own module \(([^)]+)\)", meter_file.__doc__ or "")

    assert named is not None
    assert re.findall(r"`(\w+)`", named[1]) == [
        reader.__module__.rpartition(".")[2] for reader in READERS.values()
    ]


@given(st.sampled_from(MeterFormat), st.binary(max_size=300) | st.text(max_size=300))
def test_no_bytes_break_a_reader(file_format: MeterFormat, content: bytes | str) -> None:
    raw = content if isinstance(content, bytes) else content.encode(errors="replace")
    for one in READERS[file_format](io.BytesIO(raw), OPTIONS):
        assert isinstance(one, MeterReading | RefusedReading | Noted)


PIECES = ["100,NEM12", "200,N,E1,1,E1,N1,M,kWh,30,", "300,20250101", ",1" * 48, ",A", ",V", "400",
          "2025-10-26 01:00", "24:00", ";", '"', "-1", "\n", "9" * 40, "<entry>", "<IntervalBlock>",
          "<content>", "</content>", "</entry>", "<IntervalReading>", "</IntervalReading>",
          "<ReadingType>", "</ReadingType>", "<feed>", "</feed>", "<link rel='self' href='/'/>",
          "</IntervalBlock>", "<start>1</start>", ","]  # fmt: skip


@given(st.sampled_from(MeterFormat), st.lists(st.sampled_from(PIECES), max_size=30))
def test_no_pieces_of_good_files_break_a_reader(file_format: MeterFormat, made: list[str]) -> None:
    for one in READERS[file_format](io.BytesIO("".join(made).encode()), OPTIONS):
        assert isinstance(one, MeterReading | RefusedReading | Noted)


class Endless(io.RawIOBase):
    """A file made while it is read, so that only the reader's memory counts."""

    def __init__(self, make: Callable[[], Iterator[bytes]]) -> None:
        self._make = make
        self.seek(0)

    def seek(self, offset: int, whence: int = 0) -> int:
        assert (offset, whence) == (0, 0)
        self._pieces, self._rest, self._at = self._make(), b"", 0
        return 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def readinto(self, into: bytearray) -> int:  # type: ignore[override]
        while len(self._rest) < len(into) and (piece := next(self._pieces, b"")):
            self._rest += piece
        taken, self._rest = self._rest[: len(into)], self._rest[len(into) :]
        into[: len(taken)] = taken
        self._at += len(taken)
        return len(taken)


def many(file_format: MeterFormat, count: int) -> Iterator[bytes]:
    if file_format is MeterFormat.CSV:
        for n in range(count):
            yield f"{1_700_000_000 + n * 1800},1.5\n".encode()
    elif file_format is MeterFormat.NEM12:
        for n in range(count // 48):
            if n % 28 == 0:
                yield f"200,NMI{n // 28 % 50},E1,1,E1,N1,M,kWh,30,\n".encode()
            yield f"300,{2000 + n // 1400 % 100}01{n % 28 + 1:02}{',1.5' * 48},A\n".encode()
    else:
        one = Usage(1, "Meter", 1, 0, (((EPOCH, EPOCH + timedelta(hours=1), 7),),))
        whole = green_button([one])
        before, block = whole[: whole.rindex(b"<entry>")], whole[whole.rindex(b"<entry>") : -8]
        yield before
        interval = block[block.index(b"<IntervalReading>") : block.index(b"</IntervalBlock>")]
        for _ in range(count // 48):
            yield block.replace(interval, interval * 48)
        yield b"</feed>"


@pytest.mark.parametrize("file_format", MeterFormat)
def test_memory_does_not_grow_with_the_file(file_format: MeterFormat) -> None:
    def peak(count: int) -> int:
        stream = io.BufferedReader(Endless(lambda: many(file_format, count)))
        tracemalloc.start()
        read = sum(isinstance(r, MeterReading) for r in READERS[file_format](stream, OPTIONS))
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert read >= count * 0.9
        return highest

    assert peak(12_000) < peak(2_400) + 200_000
