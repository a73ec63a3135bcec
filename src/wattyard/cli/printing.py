"""What commands print: lines and tables for a person, JSON for a program."""

import shutil
import sys
from typing import Any, Final

import msgspec
import typer
from rich.cells import cell_len

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
    """Print objects as a table for a person, or as a JSON array.

    A table that is wider than the terminal is printed object by object; in a file or a pipe it is
    as wide as its rows, so that no id or time is cut off.
    """
    if json:
        print_json(rows)
        return
    if not rows:
        say("none")
        return
    head = list(rows[0])
    lines = [head, *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    wide = sum(widths) + len(_BETWEEN) * (len(widths) - 1)
    if sys.stdout.isatty() and wide > shutil.get_terminal_size().columns:
        _print_one_by_one(head, lines[1:])
        return
    for number, line in enumerate(lines):
        text = _BETWEEN.join(map(_padded, line, widths)).rstrip()
        typer.secho(text, bold=number == 0)


def _print_one_by_one(head: list[str], lines: list[list[str]]) -> None:
    widest = max(map(len, head))
    for number, line in enumerate(lines):
        if number:
            typer.echo()
        for name, text in zip(head, line, strict=True):
            typer.echo(f"{name:{widest}}{_BETWEEN}{text}".rstrip())


def _cell(value: object) -> str:
    return "" if value is None else " ".join(printable(str(value)).split())


def _padded(text: str, width: int) -> str:
    """Fill up a text to a width in columns of a terminal: a letter of Chinese takes two."""
    return text + " " * (width - cell_len(text))
