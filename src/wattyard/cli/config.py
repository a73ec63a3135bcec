"""`wattyard config show` and `check`: which settings hold here, and where each is from."""

import json as json_text
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import typer

from wattyard.cli.options import CommandFailed, DatabaseOption, DataOption, JsonOption
from wattyard.kernel.addresses import without_password
from wattyard.platform.settings import SECRET, Settings, Traced, setting_names, unknown_variables

config = typer.Typer(
    help="The settings: their values, and where each is from.", no_args_is_help=True
)

_HIDDEN: Final = "(hidden)"
_ADDRESSES: Final = ("database", "database_direct", "database_read")
"""Secrets that are shown but for their passwords."""
_OTHERS: Final = 0o077


@config.command("show")
def show(
    json: JsonOption = False, data: DataOption = None, database: DatabaseOption = None
) -> None:
    """Print every setting with its value and where it is from; secrets are hidden."""
    traced = Settings.traced(data=data, database=database)
    rows = list(_rows(traced))
    if json:
        file = str(traced.file.absolute()) if traced.file else None
        settings = {name: {"value": value, "from": origin} for name, value, origin in rows}
        typer.echo(json_text.dumps({"file": file, "settings": settings}, indent=2))
        return
    wide = max(len(name) for name, _, _ in rows)
    for name, value, origin in rows:
        shown = "" if value == "" else f" {value}"
        typer.echo(f"{name:<{wide}} ={shown}{'' if origin == 'default' else f'  ({origin})'}")
    typer.echo(f"configuration file: {traced.file.absolute() if traced.file else 'none'}")


@config.command("check")
def check(
    json: JsonOption = False, data: DataOption = None, database: DatabaseOption = None
) -> None:
    """Check the configuration file and all variables; the exit code is 0 if all is well."""
    traced = Settings.traced(data=data, database=database)
    complaints = unknown_variables()
    if traced.file is not None:
        complaints += _open_secrets(traced, traced.file)
    complaints += traced.doubts
    if complaints:
        raise CommandFailed("; ".join(complaints))
    file = str(traced.file.absolute()) if traced.file else None
    said = json_text.dumps({"file": file, "status": "OK"})
    typer.echo(said if json else f"all is well with {file or 'the variables'}")


def _rows(traced: Traced) -> Iterator[tuple[str, Any, str]]:
    known = setting_names()
    for one in fields(Settings):
        if one.name in known:
            value = getattr(traced.settings, one.name)
            origin = traced.origins.get(one.name)
            yield one.name, _shown(one.name, value), origin.shown if origin else "default"


def _shown(name: str, value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    if name in SECRET and value and not (name in _ADDRESSES and "://" in str(value)):
        return _HIDDEN
    return without_password(value) if isinstance(value, str) else value


def _open_secrets(traced: Traced, file: Path) -> Iterator[str]:
    inside = sorted(
        name
        for name in SECRET
        if (at := traced.origins.get(name))
        and str(file) in at.shown
        and at.named.endswith(f": {name}")  # not of a `…_file`, which only says where it is
    )
    if inside and file.stat().st_mode & _OTHERS:
        yield f"{file} holds {' and '.join(inside)} and is readable by other users: chmod 600 it"
