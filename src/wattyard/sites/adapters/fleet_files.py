"""Files of a fleet: NDJSON (a body of `POST /sites` a line) and CSV.

A CSV has one site a row. A column is named by its path in the body: `reference_id`, `status`,
`postal_address.city` (or short `city`), `geo_location.lat` (or `lat`), `metadata.plan`, and for
devices `devices.1.reference_id`, `devices.1.type`, `devices.1.properties.capacity_kwh`,
`devices.2.…`. An empty cell means that nothing is said.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from wattyard.sites.domain.arrivals import FileInvalid

Path = tuple[str, ...]
Cells = dict[Path, str]

_ADDRESS: Final = (
    "address_line1",
    "address_line2",
    "city",
    "state",
    "post_code",
    "country_code",
    "verified",
)
_SHORT: Final[dict[str, Path]] = {
    **{name: ("postal_address", name) for name in _ADDRESS},
    "lat": ("geo_location", "lat"),
    "lng": ("geo_location", "lng"),
}
LINE_LIMIT_BYTES: Final = 1024 * 1024


def json_lines(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes | str]]:
    """Number the lines of an NDJSON file: each one's bytes, or what is wrong with its form.

    Empty lines and a byte order mark are left out.
    """
    for number, line in enumerate(lines, 1):
        text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if len(line) > LINE_LIMIT_BYTES:
            yield number, "the line is longer than 1 MiB; is this an NDJSON file?"
        elif text.strip():
            yield number, text


def csv_rows(
    lines: Iterable[str], is_field: Callable[[Path], bool]
) -> Iterator[tuple[int, Cells | str]]:
    """Read the rows of a CSV file: each row's line and cells, or what is wrong with its form.

    `is_field` decides whether a path names a field. A row that spans lines has the number of its
    last. A row that is not CSV ends the file: it is the last one given.

    Raises:
        FileInvalid: when the header lacks `reference_id`, or has unknown or repeated columns.
    """
    reader = csv.reader(lines, strict=True)
    try:
        header = next(reader, None)
    except csv.Error as fault:
        raise FileInvalid(f"the header is not CSV: {fault}") from None
    if header is None:
        raise FileInvalid("the file is empty; the first line must name the columns")
    columns = _columns([name.removeprefix("\ufeff").strip() for name in header], is_field)
    try:
        for row in reader:
            if not any(row):
                continue
            if len(row) != len(columns):
                wrong = f"the row has {len(row)} cells, the header {len(columns)} columns"
                yield reader.line_num, wrong
            else:
                cells = zip(columns, row, strict=True)
                yield reader.line_num, {path: text.strip() for path, text in cells if text.strip()}
    except csv.Error as fault:
        yield reader.line_num, f"not CSV: {fault}; nothing after this line was read"


def _columns(names: list[str], is_field: Callable[[Path], bool]) -> list[Path]:
    columns = [_SHORT.get(name) or tuple(name.split(".")) for name in names]
    unknown = [name for name, path in zip(names, columns, strict=True) if not is_field(path)]
    if unknown:
        raise FileInvalid(
            f"unknown columns: {', '.join(map(repr, unknown))}; a column is named by its path in "
            "the body of POST /sites, such as city or devices.1.reference_id"
        )
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise FileInvalid(f"columns given more than once: {', '.join(repeated)}")
    if ("reference_id",) not in columns:
        raise FileInvalid(
            "column reference_id is missing: it identifies a site that is already known"
        )
    return columns
