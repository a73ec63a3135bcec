"""Price formulas: text is parsed once into a checked tree (contract 2, Formula). Never `eval`.

    sum     = product (("+" | "-") product)*
    product = signed (("*" | "/") signed)*
    signed  = "-" signed | power
    power   = atom ["**" signed]
    atom    = number | "$" name | function "(" sum ("," sum)* ")" | "(" sum ")"

Powers bind tighter than a minus on their left and group to the right, as in Python:
`-2 ** 2` is -4 and `2 ** 3 ** 2` is 512. `round` rounds half to even.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from wattyard.kernel.ids import shown
from wattyard.tariffs.domain.arithmetic import FUNCTIONS, calculated
from wattyard.tariffs.domain.refusals import FormulaInvalid

NODE_LIMIT: Final = 200
DEPTH_LIMIT: Final = 30
TEXT_LIMIT: Final = 10_000
_NAMED: Final = 20
"""A message names so many variables at most."""

_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]*)"
    r"(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|\$(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>\*\*|[-+*/(),]))",
    re.ASCII,
)
_SPACE = re.compile(r"[ \t\r\n]*")
_ONE_ARGUMENT: Final = frozenset({"abs", "floor", "ceil"})


@dataclass(frozen=True, slots=True)
class Number:
    """A constant: a number of the text, a variable that is a number, or what was folded."""

    number: float


@dataclass(frozen=True, slots=True)
class Market:
    """The price of the market source with this code, in the unit that the source publishes."""

    code: str


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator (`+ - * / **`, `negative`) or a function, applied to its parts in order."""

    operator: str
    parts: tuple["Node", ...]


Node = Number | Market | Operation


class _Token(NamedTuple):
    kind: str
    text: str
    column: int


@dataclass(frozen=True)
class Formula:
    """A formula whose names are all known.

    `variables` holds a number, or the code of a market source, for each name. `tree` is the
    checked tree with its constant parts calculated.

    Raises:
        FormulaInvalid: with the column (from 1), for a syntax error, an unknown name, a
            constant part that has no finite value, more than 200 nodes or a nesting deeper
            than 30 (parentheses, arguments, signs and powers).
    """

    text: str
    variables: Mapping[str, float | str]
    tree: Node = field(init=False, compare=False)

    def __post_init__(self) -> None:
        with np.errstate(all="ignore"):
            tree = _Parser(self.text, self.variables).tree()
        object.__setattr__(self, "tree", tree)

    @cached_property
    def market_codes(self) -> frozenset[str]:
        """The market sources that the price depends on."""
        return frozenset(_codes(self.tree))

    def named_at(self, code: str) -> tuple[str, int]:
        """Find the variable that stands for a market source, and its first column (from 1)."""
        names = {name for name, meant in self.variables.items() if meant == code}
        found = (token for token in _TOKEN.finditer(self.text) if token["name"] in names)
        token = next(found)
        return token["name"], token.start("name")


def _codes(node: Node) -> list[str]:
    if isinstance(node, Market):
        return [node.code]
    parts = node.parts if isinstance(node, Operation) else ()
    return [code for part in parts for code in _codes(part)]


class _Parser:
    """One pass from left to right over the text; `_ahead` is the token not yet taken."""

    def __init__(self, text: str, variables: Mapping[str, float | str]) -> None:
        if len(text) > TEXT_LIMIT:
            raise _fault(TEXT_LIMIT + 1, f"a formula has at most {TEXT_LIMIT:,} characters")
        self._text = text
        self._variables = variables
        self._end = 0
        self._nodes = 0
        self._depth = 0
        self._ahead = self._read()

    def tree(self) -> Node:
        node = self._sum()
        if self._ahead.kind != "end":
            raise _fault(self._ahead.column, f"one of + - * / ** was expected; got {self._found()}")
        return node

    def _read(self) -> _Token:
        match = _TOKEN.match(self._text, self._end)
        if match is None or match.lastgroup is None:
            return self._rest()
        self._end = match.end()
        kind = match.lastgroup
        return _Token(kind, match[kind], match.end("space") + 1)

    def _rest(self) -> _Token:
        """What follows when no token does: the end, or a foreign character."""
        space = _SPACE.match(self._text, self._end)
        start = space.end() if space else self._end
        if start == len(self._text):
            return _Token("end", "", start + 1)
        return _Token("foreign", self._text[start], start + 1)

    def _take(self) -> _Token:
        token = self._ahead
        if token.kind == "foreign":
            raise _fault(
                token.column,
                f"{shown(token.text)} does not belong here; there are numbers, $names, "
                f"+ - * / ** ( ) and the functions {', '.join(sorted(FUNCTIONS))}",
            )
        self._ahead = self._read()
        return token

    def _found(self) -> str:
        return "the end" if self._ahead.kind == "end" else shown(self._ahead.text)

    def _expect(self, sign: str, place: str) -> None:
        if self._ahead.kind != "sign" or self._ahead.text != sign:
            raise _fault(self._ahead.column, f"'{sign}' was expected {place}; got {self._found()}")
        self._take()

    def _sees(self, *signs: str) -> bool:
        return self._ahead.kind == "sign" and self._ahead.text in signs

    def _sum(self) -> Node:
        node = self._product()
        while self._sees("+", "-"):
            operator = self._take()
            node = self._applied(operator, operator.text, (node, self._product()))
        return node

    def _product(self) -> Node:
        node = self._signed()
        while self._sees("*", "/"):
            operator = self._take()
            node = self._applied(operator, operator.text, (node, self._signed()))
        return node

    def _signed(self) -> Node:
        self._enter()
        if self._sees("-"):
            sign = self._take()
            node = self._applied(sign, "negative", (self._signed(),))
        else:
            node = self._power()
        self._depth -= 1
        return node

    def _power(self) -> Node:
        base = self._atom()
        if not self._sees("**"):
            return base
        operator = self._take()
        return self._applied(operator, "**", (base, self._signed()))

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > DEPTH_LIMIT + 1:
            raise _fault(self._ahead.column, f"the formula is nested deeper than {DEPTH_LIMIT}")

    def _atom(self) -> Node:
        token = self._take()
        if token.kind == "number":
            return self._number(token)
        if token.kind == "name":
            return self._variable(token)
        if token.kind == "word":
            return self._function(token)
        if token.kind == "sign" and token.text == "(":
            node = self._sum()
            self._expect(")", f"for the '(' in column {token.column}")
            return node
        got = "the end" if token.kind == "end" else shown(token.text)
        raise _fault(token.column, f"a number, a $name or '(' was expected; got {got}")

    def _number(self, token: _Token) -> Node:
        number = float(token.text)
        if not math.isfinite(number):
            raise _fault(token.column, f"the number {shown(token.text)} is too large")
        return self._counted(token, Number(number))

    def _variable(self, token: _Token) -> Node:
        stands_for = self._variables.get(token.text)
        if stands_for is None:
            known = ", ".join(f"${name}" for name in sorted(self._variables)[:_NAMED]) or "none"
            known += " …" if len(self._variables) > _NAMED else ""
            raise _fault(
                token.column, f"${token.text[:60]} is not in `variables`; known here: {known}"
            )
        if isinstance(stands_for, str):
            return self._counted(token, Market(stands_for))
        return self._counted(token, Number(stands_for))

    def _function(self, token: _Token) -> Node:
        if token.text not in FUNCTIONS:
            raise _fault(
                token.column,
                f"{shown(token.text)} is no function; there are {', '.join(sorted(FUNCTIONS))} "
                f"(a variable is written with $)",
            )
        self._expect("(", f"after {token.text}")
        parts = [self._sum()]
        while self._sees(","):
            self._take()
            parts.append(self._sum())
        self._expect(")", f"for the arguments of {token.text}")
        self._check_arguments(token, parts)
        return self._applied(token, token.text, tuple(parts))

    def _check_arguments(self, token: _Token, parts: list[Node]) -> None:
        if token.text in _ONE_ARGUMENT and len(parts) > 1:
            raise _fault(token.column, f"{token.text} takes one argument; got {len(parts)}")
        if token.text == "round" and (len(parts) > 2 or not _are_digits(parts[1:])):
            raise _fault(
                token.column, "round takes a number and, if wanted, constant decimals from 0 to 12"
            )

    def _applied(self, token: _Token, operator: str, parts: tuple[Node, ...]) -> Node:
        self._counted(token, None)
        constants = [part.number for part in parts if isinstance(part, Number)]
        never = operator == "/" and parts[1] == Number(0.0)
        if len(constants) < len(parts) and not never:
            return Operation(operator, parts)
        number = math.nan if never else float(calculated(operator, constants))
        if not math.isfinite(number):
            raise _fault(
                token.column, f"{shown(token.text)} has no finite value here, whatever the market"
            )
        return Number(number)

    def _counted(self, token: _Token, node: Node | None) -> Node:
        self._nodes += 1
        if self._nodes > NODE_LIMIT:
            raise _fault(token.column, f"the formula has more than {NODE_LIMIT} nodes")
        return node or Number(0.0)


def _are_digits(parts: list[Node]) -> bool:
    return all(isinstance(part, Number) and part.number in range(13) for part in parts)


def _fault(column: int, said: str) -> FormulaInvalid:
    return FormulaInvalid(f"formula, column {column}: {said}")
