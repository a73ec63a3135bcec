"""What a store function asks of the database, read from its source."""

import ast
import inspect
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping
from types import FunctionType
from typing import Any, Final, TypeGuard

from tests.support.scoped_sql import Tables, unheld

ASKING = ("execute", "executemany", "fetch", "fetchrow", "fetchval")
COPYING = ("copy_to_table", "copy_records_to_table", "copy_into")
ANYTHING: Final = "anything"
"""What is only known when the function runs; in the place of a table, any with an account."""


def functions_of(module: Any) -> Iterator[tuple[str, FunctionType]]:
    """Give the coroutines and asynchronous generators that a module defines."""
    for name, function in vars(module).items():
        own = isinstance(function, FunctionType) and function.__module__ == module.__name__
        waits = inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)
        if own and waits:
            yield name, function


def faults_of(function: FunctionType, tables: Tables, *, both_modes: bool = False) -> list[str]:
    """List what of a store function does not keep to one account, and to one mode or both."""
    first = ["db", "account"] if both_modes else ["db", "account", "live"]
    if list(inspect.signature(function).parameters)[: len(first)] != first:
        return [f"the parameters do not begin with {', '.join(first)}"]
    held = {**tables, ANYTHING: frozenset({"account", "live_mode"})}
    if both_modes:
        held = {table: columns - {"live_mode"} for table, columns in held.items()}
    return _Reader(function, held).faults()


def statements_of(function: FunctionType) -> list[str]:
    """List the statements of a store function, as far as its source says them."""
    return list(_Reader(function, {}).statements())


class _Anything:
    """Stands for what is only known when the function runs."""

    def __format__(self, spec: str) -> str:
        return f" {ANYTHING} "

    def __getattr__(self, name: str) -> "_Anything":
        return self

    def __getitem__(self, key: object) -> "_Anything":
        return self

    def __call__(self, *given: object, **named: object) -> "_Anything":
        return self


class _Reader:
    """Reads one function."""

    def __init__(self, function: FunctionType, tables: Tables) -> None:
        self._tables = tables
        self._globals = function.__globals__
        (node,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
        assert isinstance(node, ast.AsyncFunctionDef)
        self._node = node
        self._values: dict[str, list[ast.expr]] = defaultdict(list)
        for one in ast.walk(node):
            if isinstance(one, ast.Assign):
                for target in _flat(one.targets):
                    self._values[target.id].append(one.value)
        stored = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
        given = {one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg)}
        self._locals = {name: _Anything() for name in given | (stored - self._globals.keys())}
        for name in ("str", "list", "len"):
            self._locals.pop(name, None)

    def faults(self) -> list[str]:
        """List what its statements and those it passes the connection to do wrong."""
        asked = False
        faults = []
        for call in (one for one in ast.walk(self._node) if isinstance(one, ast.Call)):
            if isinstance(call.func, ast.Attribute) and _is(call.func.value, "db"):
                asked |= call.func.attr in ASKING + COPYING
                if call.func.attr in ASKING:
                    faults += self._asked(call)
                elif call.func.attr in COPYING:
                    faults += self._copied(call)
            elif call.args and _is(call.args[0], "db") and not _is(call.func, "savepoint"):
                asked = True
                faults += [] if _own(call.args[1:3]) else [f"{ast.unparse(call)}: not its own"]
        return faults if asked else [*faults, "nothing is asked of the database"]

    def statements(self) -> Iterator[str]:
        """Give each statement; one that another function composes is left out."""
        for call in (one for one in ast.walk(self._node) if isinstance(one, ast.Call)):
            own = isinstance(call.func, ast.Attribute) and _is(call.func.value, "db")
            if own and call.func.attr in ASKING and call.args:  # type: ignore[attr-defined]
                query = call.args[0]
                if not (isinstance(query, ast.Name) and query.id in self._values):
                    yield self._written(query)

    def _written(self, query: ast.expr) -> str:
        made = compile(ast.Expression(query), "query", "eval")
        return str(eval(made, self._globals, self._locals))  # noqa: S307 (our own source)

    def _asked(self, call: ast.Call) -> list[str]:
        query, *arguments = call.args
        if isinstance(query, ast.Name) and query.id in self._values:
            return [fault for made in self._values[query.id] for fault in self._paged(made)]
        return unheld(self._written(query), self._tables, self._numbers(arguments))

    def _paged(self, made: ast.expr) -> list[str]:
        """A page or a search is of the caller, or of the operator where that is said."""
        composed = isinstance(made, ast.Call) and isinstance(made.func, ast.Name)
        if composed and made.func.id in ("page_query", "search_query"):
            whose = made.args[1:3]
            if _own(whose) or [ast.unparse(one) for one in whose][:1] == ["*OPERATOR"]:
                return []
        return [f"{ast.unparse(made)}: a query that this sweep cannot read"]

    def _numbers(self, arguments: list[ast.expr]) -> Mapping[str, str]:
        flat: list[ast.expr] = []
        for one in arguments:
            name = one.value.id if _starred(one) and isinstance(one.value, ast.Name) else ""
            values = self._values.get(name, [])
            plain = len(values) == 1 and isinstance(values[0], ast.Tuple)
            flat += values[0].elts if plain else [one]  # type: ignore[attr-defined]
        sure = flat[: next((i for i, one in enumerate(flat) if _starred(one)), len(flat))]
        return {
            column: next((f"${i}" for i, one in enumerate(sure, 1) if _is(one, name)), "none")
            for column, name in (("account", "account"), ("live_mode", "live"))
        }

    def _copied(self, call: ast.Call) -> list[str]:
        """Rows in the form of COPY are made by a function that is given account and mode."""
        made = [one.value for one in call.keywords if isinstance(one.value, ast.Call)]
        made += [one for one in call.args if isinstance(one, ast.Call)]
        return [] if any(_own(one.args[:2]) for one in made) else ["copies what is not its own"]


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _starred(node: ast.AST) -> TypeGuard[ast.Starred]:
    return isinstance(node, ast.Starred)


def _own(arguments: list[ast.expr]) -> bool:
    return len(arguments) == 2 and _is(arguments[0], "account") and _is(arguments[1], "live")


def _flat(targets: list[ast.expr]) -> Iterator[ast.Name]:
    for target in targets:
        if isinstance(target, ast.Tuple):
            yield from _flat(target.elts)
        elif isinstance(target, ast.Name):
            yield target
