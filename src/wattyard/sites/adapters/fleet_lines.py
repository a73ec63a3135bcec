"""The lines of a file of sites as arrivals; what is wrong with one is noted, the rest goes on."""

import io
from collections.abc import Iterator
from typing import IO, Any

from wattyard.kernel.refusals import Refusal
from wattyard.platform.decoding import json_value
from wattyard.sites.adapters.fleet_files import csv_rows, json_lines
from wattyard.sites.domain.arrivals import Arrival, ImportTally, RefusedLine
from wattyard.sites.wire.arrivals import arrival, is_field, typed


def arrivals(source: IO[bytes], tally: ImportTally, *, is_csv: bool) -> Iterator[Arrival]:
    """Read the lines one by one; faulty ones are added to the tally.

    Raises:
        FileInvalid: when the header of a CSV file is not one of sites.
    """
    first_line: dict[str, int] = {}
    for number, body in _bodies(source, tally, is_csv=is_csv):
        try:
            one = arrival(number, body)
            earlier = first_line.setdefault(one.reference_id, number)
            if earlier != number:
                tally.refused.append(
                    RefusedLine(number, f"line {earlier} has the same reference_id")
                )
            else:
                yield one
        except Refusal as refusal:
            reasons = "; ".join(fault.placed for fault in refusal.faults)
            tally.refused.append(RefusedLine(number, reasons))


def _bodies(
    source: IO[bytes], tally: ImportTally, *, is_csv: bool
) -> Iterator[tuple[int, dict[str, Any]]]:
    if is_csv:
        # Bytes that are not UTF-8 become lone surrogates, which are refused row by row.
        text = io.TextIOWrapper(source, encoding="utf-8-sig", errors="surrogateescape", newline="")
        try:
            for number, row in csv_rows(text, is_field):
                if isinstance(row, str):
                    tally.refused.append(RefusedLine(number, row))
                else:
                    yield number, typed(row)
        finally:
            text.detach()
        return
    for number, line in json_lines(source):
        if isinstance(line, str):
            tally.refused.append(RefusedLine(number, line))
            continue
        try:
            yield number, json_value(line)
        except Refusal as refusal:
            tally.refused.append(RefusedLine(number, str(refusal)))
