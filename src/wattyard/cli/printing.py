"""What commands print: lines and tables for a person, JSON for a program."""

import shutil
import sys
from typing import Any, Final

import msgspec
import typer

from wattyard.kernel.printing import printable

_BETWEEN: Final = "  "


def say(*lines: str) -> None:
    """Print lines for a person."""
    for line in lines:
        typer.echo(printable(line))


def complain(*lines: str) -> None:
    """Print lines for a person on standard error."""
    for line in lines:
        typer.echo(printable(line), err=True)


def print_json(value: Any) -> None:  # noqa: ANN401 (any JSON value)
    """Print one JSON document."""
    typer.echo(msgspec.json.encode(value).decode())


def print_rows(rows: list[dict[str, Any]], *, json: bool) -> None:
    """Print objects for a person, or as a JSON array."""
    if json:
        print_json(rows)
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    say(*lines_of(rows, width))


def lines_of(rows: list[dict[str, Any]], width: int | None) -> list[str]:
    """Write objects as a table; object by object where it would be wider than the terminal.

    `width` is that of the terminal, in columns; None for a file or a pipe, where a table is as wide
    as its rows, so that no id or time is cut off.
    """
    if not rows:
        return ["none"]
    from rich.cells import cell_len  # noqa: PLC0415 (a start prints no table)

    head = list(rows[0])
    cells = [head, *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    wide = sum(widths) + len(_BETWEEN) * (len(widths) - 1)
    if width is None or wide <= width:
        return [
            _BETWEEN.join(
                text + " " * (column - cell_len(text))  # a letter of Chinese takes two columns
                for text, column in zip(line, widths, strict=True)
            ).rstrip()
            for line in cells
        ]
    widest = max(map(len, head))
    lines: list[str] = []
    for line in cells[1:]:
        pairs = zip(head, line, strict=True)
        lines += ["", *(f"{name:{widest}}{_BETWEEN}{text}".rstrip() for name, text in pairs)]
    return lines[1:]


def _cell(value: object) -> str:
    return "" if value is None else " ".join(printable(str(value)).split())
