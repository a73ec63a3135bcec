"""The formula language of contract 2 on Decimal: a small recursive-descent parser and evaluator.

"Operators `+ - * / ** ( )`, unary minus, functions `min max abs round floor ceil`, numbers,
`$names`". It reads the formula again for every instant; nothing is compiled, nothing is cached.

Readings
--------
* Precedence as in mathematics and Python: `**` binds tightest and to the right, then unary minus
  (``-2 ** 2`` is -4, ``2 ** -1`` is 0.5), then `* /`, then `+ -`, both to the left.
* `round` takes one argument, or a second one with the number of decimals; it rounds half-even
  (contract 0's rounding). `abs`, `floor`, `ceil` take one, `min` and `max` one or more.
* A number is digits with an optional fraction and exponent (``3``, ``0.03``, ``.5``, ``1e3``).
* "Overflow" is a value, final or intermediate, past the largest IEEE double. ``0 ** 0`` is 1. A
  power without a real value (negative base, broken exponent) is unavailable like a division by 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, DecimalException

LARGEST = Decimal("1.7976931348623157e308")
TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<variable>\$[A-Za-z_]\w*)"
    r"|(?P<function>[a-z]+)|(?P<sign>\*\*|[-+*/(),]))"
)


class FormulaInvalid(Exception):
    """The text is no formula (422 `formula_invalid`)."""


class FormulaUnavailable(Exception):
    """ "A division by zero or overflow at an instant makes that instant unavailable"."""


def variable_names(text: str) -> set[str]:
    """The `$names` the formula mentions, without the dollar."""
    return {token[1:] for token in _tokens(text) if token.startswith("$")}


def evaluate(text: str, variables: Mapping[str, Decimal]) -> Decimal:
    """The formula's value with every `$name` replaced by its variable."""
    reader = _Reader(_tokens(text), variables)
    try:
        value = reader.total()
    except (ZeroDivisionError, DecimalException) as fault:
        raise FormulaUnavailable(text) from fault
    if reader.peek() != "":
        raise FormulaInvalid(f"unexpected {reader.peek()!r} in {text!r}")
    return value


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    position = 0
    stripped = text.rstrip()
    while position < len(stripped):
        match = TOKEN.match(stripped, position)
        if match is None:
            raise FormulaInvalid(f"column {position + 1} of {text!r}")
        found.append(match[0].strip())
        position = match.end()
    return found


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    if exponent == 0:
        return Decimal(1)
    if base == 0 and exponent < 0:
        raise ZeroDivisionError
    return base**exponent


def _finite(value: Decimal) -> Decimal:
    if not value.is_finite() or abs(value) > LARGEST:
        raise FormulaUnavailable("overflow")
    return value


def _rounded(value: Decimal, decimals: Decimal = Decimal(0)) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-int(decimals)), rounding=ROUND_HALF_EVEN)


FUNCTIONS: dict[str, Callable[..., Decimal]] = {
    "min": lambda *values: min(values),
    "max": lambda *values: max(values),
    "abs": abs,
    "round": _rounded,
    "floor": lambda value: value.to_integral_value(rounding=ROUND_FLOOR),
    "ceil": lambda value: value.to_integral_value(rounding=ROUND_CEILING),
}


class _Reader:
    """Walks the tokens once, computing as it goes."""

    def __init__(self, tokens: list[str], variables: Mapping[str, Decimal]) -> None:
        self.tokens = tokens
        self.variables = variables
        self.position = 0

    def peek(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def take(self, expected: str | None = None) -> str:
        token = self.peek()
        if token == "" or (expected is not None and token != expected):
            raise FormulaInvalid(f"expected {expected or 'a value'}, got {token or 'the end'!r}")
        self.position += 1
        return token

    def total(self) -> Decimal:
        value = self.product()
        while self.peek() in ("+", "-"):
            plus = self.take() == "+"
            other = self.product()
            value = _finite(value + other if plus else value - other)
        return value

    def product(self) -> Decimal:
        value = self.signed()
        while self.peek() in ("*", "/"):
            times = self.take() == "*"
            other = self.signed()
            if not times and other == 0:
                raise ZeroDivisionError
            value = _finite(value * other if times else value / other)
        return value

    def signed(self) -> Decimal:
        if self.peek() == "-":
            self.take()
            return -self.signed()
        return self.power()

    def power(self) -> Decimal:
        base = self.atom()
        if self.peek() != "**":
            return base
        self.take()
        return _finite(_power(base, self.signed()))

    def atom(self) -> Decimal:
        token = self.take()
        if token == "(":
            value = self.total()
            self.take(")")
            return value
        if token.startswith("$"):
            if token[1:] not in self.variables:
                raise FormulaInvalid(f"unknown name {token}")
            return self.variables[token[1:]]
        if token in FUNCTIONS:
            return FUNCTIONS[token](*self.arguments())
        if token[0].isdigit() or token[0] == ".":
            return Decimal(token)
        raise FormulaInvalid(f"unexpected {token!r}")

    def arguments(self) -> list[Decimal]:
        self.take("(")
        values = [self.total()]
        while self.peek() == ",":
            self.take()
            values.append(self.total())
        self.take(")")
        return values
