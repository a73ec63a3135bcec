"""Which rows a statement can reach: is every table held to one account and mode?

A table with the columns `account` and `live_mode` is *held* where both are compared with the
statement's own arguments, or with the same columns of another table that is held. A condition
counts only where nothing is an alternative to it: `account = $1 OR true` holds nothing.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""(?P<skip>\s+|--[^\n]*|/\*.*?\*/)
      | '(?:[^']|'')*'               # a text
      | \$\d+ | \w+ | :: | <=|>=|<>  # an argument, a name or number, signs of two characters
      | .""",
    re.DOTALL | re.VERBOSE,
)
_CLAUSES = frozenset(
    re.findall(
        r"\w+",
        """CROSS DELETE FOR FROM GROUP HAVING INNER INSERT INTO JOIN LEFT LIMIT ON ORDER RETURNING
        SELECT SET UPDATE USING VALUES WHERE WINDOW WITH""",
    )
)
_STATEMENTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
_OWN_OR_OPERATORS = (
    "( ( account = $1 AND live_mode = $2 ) OR ( account = 0 AND live_mode ) )",
    "account = $1 AND live_mode = $2",
)
"""What everybody may read beside their own: the operator's rows of account 0."""

Tables = Mapping[str, frozenset[str]]
"""Which of `account` and `live_mode` each table has; those without any are not listed."""
Arguments = Mapping[str, str]
"""Which argument of the statement carries each: `{"account": "$1", "live_mode": "$2"}`."""


@dataclass
class _Block:
    """One SELECT, INSERT, UPDATE or DELETE, without those inside it."""

    outer: "_Block | None"
    tokens: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """The tables that are to be held, by the name they go by."""
    held: set[tuple[str, str]] = field(default_factory=set)
    """Pairs of such a name and a column."""


def unheld(sql: str, tables: Tables, arguments: Arguments) -> list[str]:
    """List `table.column` of all that a statement reaches without being held to its caller."""
    blocks = list(_blocks(_tokens(sql), None))
    for block in blocks:
        block.names = dict(_named_tables(block.tokens, tables))
    while any(_hold(block, arguments) for block in blocks):
        pass
    faults = [
        f"{table}.{column}"
        for block in blocks
        for name, table in block.names.items()
        for column in sorted(tables[table])
        if (name, column) not in block.held
    ]
    return faults + [fault for one in blocks for fault in _written(one, tables, arguments)]


def _tokens(sql: str) -> list[str]:
    words = (m[0] for m in _TOKEN.finditer(sql) if not m["skip"])
    found = " ".join("''" if word.startswith("'") else word for word in words)
    return found.replace(*_OWN_OR_OPERATORS).split(" ")


def _blocks(tokens: list[str], outer: _Block | None) -> Iterator[_Block]:
    """Cut at parentheses that open a statement, and at UNION."""
    block = _Block(outer)
    at = 0
    while at < len(tokens):
        word = tokens[at].upper()
        if word == "(" and tokens[at + 1].upper() in _STATEMENTS:
            end = _closing(tokens, at)
            yield from _blocks(tokens[at + 1 : end], block)
            block.tokens += ["(", ")"]
            at = end
        elif word == "UNION":
            yield from _blocks(tokens[at + 1 :], outer)
            break
        elif word == "CONFLICT":  # what follows changes a row that was to be inserted, by its key
            del block.tokens[-1]
            break
        else:
            block.tokens.append(tokens[at])
        at += 1
    yield block


def _closing(tokens: list[str], at: int) -> int:
    depth = 0
    for index in range(at, len(tokens)):
        depth += (tokens[index] == "(") - (tokens[index] == ")")
        if depth == 0:
            return index
    raise ValueError(f"a parenthesis is not closed: {' '.join(tokens)}")


def _named_tables(tokens: list[str], tables: Tables) -> Iterator[tuple[str, str]]:
    clause = ""
    words = ["", "", *(token.upper() for token in tokens)]
    for at, token in enumerate(tokens):
        opener, earlier = words[at + 1], words[at]
        clause = opener if opener in _CLAUSES else clause
        reads = opener in ("FROM", "JOIN", "USING") or (opener == "," and clause == "FROM")
        writes = opener == "UPDATE" and earlier not in ("FOR", "DO", "KEY")
        if (reads or writes) and token in tables:
            after = tokens[at + 1 : at + 3]
            if after[:1] and after[0].upper() == "AS":
                del after[0]
            named = bool(after) and after[0].isidentifier() and after[0].upper() not in _CLAUSES
            yield (after[0] if named else token), token


def _hold(block: _Block, arguments: Arguments) -> bool:
    """Note which tables a block's conditions hold; True where that is news."""
    before = len(block.held)
    for left, right in _equations(block.tokens):
        for one, other in ((left, right), (right, left)):
            name, column = _column(block, one)
            given = column in arguments and other == [arguments[column]]
            if name and (given or _is_held(block, other, name, column)):
                block.held.add((name, column))
    return len(block.held) > before


def _equations(tokens: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Give both sides of the conditions of WHERE and ON that all have to hold."""
    for clause in (*_clauses(tokens, "WHERE"), *_clauses(tokens, "ON")):
        if any(word == "OR" for _, word in _top(clause)):
            continue
        for condition in _split(clause, "AND"):
            if condition.count("=") == 1:
                at = condition.index("=")
                yield condition[:at], condition[at + 1 :]


def _top(tokens: list[str]) -> Iterator[tuple[int, str]]:
    """Give the words that stand in no parentheses, and where."""
    depth = 0
    for at, token in enumerate(tokens):
        depth += (token == "(") - (token == ")")
        if depth == 0:
            yield at, token.upper()


def _clauses(tokens: list[str], opener: str) -> list[list[str]]:
    openers = [(at, word) for at, word in _top(tokens) if word in _CLAUSES]
    ends = [at for at, _ in openers[1:]] + [len(tokens)]
    return [
        tokens[at + 1 : end]
        for (at, word), end in zip(openers, ends, strict=True)
        if word == opener
    ]


def _split(tokens: list[str], separator: str) -> list[list[str]]:
    at = [-1, *(at for at, word in _top(tokens) if word == separator), len(tokens)]
    return [tokens[a + 1 : b] for a, b in itertools.pairwise(at)]


def _column(block: _Block, side: list[str]) -> tuple[str, str]:
    """Read `name.account`, or `account` where the block has one table only."""
    if len(side) == 3 and side[1] == "." and side[0] in block.names:
        return side[0], side[2]
    if len(side) == 1 and len(block.names) == 1:
        return next(iter(block.names)), side[0]
    return "", ""


def _is_held(block: _Block, side: list[str], name: str, column: str) -> bool:
    """Say whether a side of a condition is the same column of another table that is held."""
    if len(side) != 3 or side[1:] != [".", column]:
        return False
    around: _Block | None = block
    while around is not None and (
        side[0] not in around.names or (around, side[0]) == (block, name)
    ):
        around = around.outer
    return around is not None and (side[0], column) in around.held


def _written(block: _Block, tables: Tables, arguments: Arguments) -> Iterator[str]:
    """List what an INSERT writes that is not of the caller's account and mode."""
    for into in _clauses(block.tokens, "INTO"):
        table = into[0]
        named = [one[0] for one in _split(into[2:-1], ",")] if into[1:] else []
        names = named or ["account", "live_mode"]
        (values,) = _clauses(block.tokens, "VALUES") or _clauses(block.tokens, "SELECT")
        given = _split(values[1:-1] if values[0] == "(" else values, ",")
        for column in sorted(tables.get(table, ())):
            value = given[names.index(column)] if column in names else []
            # The columns of a table that is read are held themselves.
            if value != [arguments[column]] and value[1:] != [".", column]:
                yield f"{table}.{column} is written"
