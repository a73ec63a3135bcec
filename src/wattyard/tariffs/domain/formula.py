"""Price formulas: text is parsed once into checked steps (contract 2, Formula). Never `eval`.

    sum     = product (("+" | "-") product)*
    product = signed (("*" | "/") signed)*
    signed  = "-" signed | power
    power   = atom ["**" signed]
    atom    = number | "$" name | function "(" sum ("," sum)* ")" | "(" sum ")"

Powers bind tighter than a minus on their left and group to the right, as in Python:
`-2 ** 2` is -4 and `2 ** 3 ** 2` is 512. `round` rounds half to even.
"""

import dataclasses
import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property, reduce
from itertools import islice
from operator import add, mul, neg, sub, truediv
from typing import Final, cast

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.ids import shown
from wattyard.kernel.values import dataclass
from wattyard.tariffs.domain.refusals import FormulaInvalid

Parts = Sequence[Numbers | float]

PRICE_LIMIT: Final = 1e9
"""Money per kWh: a result above it, of either sign, is an overflow. 6 decimals stay exact below."""

FUNCTIONS: Final = frozenset({"min", "max", "abs", "round", "floor", "ceil"})


def calculated(operator: str, parts: Parts) -> Numbers:
    """Apply an operator or a function to arrays of one shape, or to numbers.

    Where there is no finite value (a division by zero, an overflow, a root of a negative
    number) the result is not finite: infinite or NaN, never a wrong number. Callers ask within
    `np.errstate(all="ignore")`, once for a whole formula.
    """
    return cast("Numbers", _operations()[operator](*parts))


def _rounded(number: Numbers, decimals: Numbers | float = 0.0) -> Numbers:
    return np.round(number, int(decimals))


@cache
def _operations() -> dict[str, Callable[..., object]]:
    return {
        "+": np.add,
        "-": np.subtract,
        "*": np.multiply,
        "/": np.divide,
        "**": np.float_power,
        "negative": np.negative,
        "min": lambda *parts: reduce(np.minimum, parts),
        "max": lambda *parts: reduce(np.maximum, parts),
        "abs": np.abs,
        "round": _rounded,
        "floor": np.floor,
        "ceil": np.ceil,
    }


NODE_LIMIT: Final = 200
DEPTH_LIMIT: Final = 30
TEXT_LIMIT: Final = 10_000
_NAMED: Final = 20
"""A message names so many variables at most."""

_NUMBER: Final = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*"
_TOKEN = re.compile(rf"[ \t\r\n]*(?:({_NUMBER}|\$?{_NAME}|\*\*|[-+*/(),])|[^ \t\r\n])", re.ASCII)
"""Finds one token after the other; what no token starts with is found as an empty one."""
_FOREIGN: Final = ""
_END: Final = "\n"
_DIGITS: Final = frozenset("0123456789.")
_SUM_SIGNS: Final = frozenset("+-")
_PRODUCT_SIGNS: Final = frozenset("*/")
_ONE_ARGUMENT: Final = frozenset({"abs", "floor", "ceil"})
_DECIMALS: Final = range(13)
_PLAIN: Final[dict[str, Callable[..., float]]] = {
    "+": add,
    "-": sub,
    "*": mul,
    "/": truediv,
    "negative": neg,
    "min": lambda *numbers: min(numbers),
    "max": lambda *numbers: max(numbers),
    "abs": abs,
}


@dataclass(frozen=True, slots=True)
class Market:
    """The price of the market source with this code, in the unit that the source publishes."""

    code: str


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator (`+ - * / **`, `negative`) or a function, applied to the last `parts` values."""

    operator: str
    parts: int


Step = float | Market | Operation


@dataclasses.dataclass(frozen=True)
class Formula:
    """A formula whose names are all known.

    `variables` holds a number, or the code of a market source, for each name. `steps` calculate
    it, one after the other: a number and a market's price are put on a stack of values, an
    operation takes its parts from the stack, the last one uppermost, and puts its result there.
    Constant parts are calculated already.

    Raises:
        FormulaInvalid: with the column (from 1), for a syntax error, an unknown name, a
            constant part that has no finite value, more than 200 nodes or a nesting deeper
            than 30 (parentheses, arguments, signs and powers).
    """

    text: str
    variables: Mapping[str, float | str]
    steps: tuple[Step, ...] = dataclasses.field(init=False, compare=False)

    def __post_init__(self) -> None:
        with np.errstate(all="ignore"):
            steps = _Parser(self.text, self.variables).steps()
        object.__setattr__(self, "steps", steps)

    @property
    def constant(self) -> float | None:
        """The value of a formula that depends on no market, None of others."""
        first = self.steps[0]
        return first if len(self.steps) == 1 and isinstance(first, float) else None

    @cached_property
    def market_codes(self) -> frozenset[str]:
        """The market sources that the price depends on."""
        return frozenset(step.code for step in self.steps if isinstance(step, Market))

    def named_at(self, code: str) -> tuple[str, int]:
        """Find the variable that stands for a market source, and its first column (from 1)."""
        names = {f"${name}" for name, meant in self.variables.items() if meant == code}
        token = next(found for found in _TOKEN.finditer(self.text) if found[1] in names)
        return token[1][1:], token.start(1) + 1


class _Parser:
    """One pass from left to right over the tokens, `_next` being the one not yet taken.

    A token is known by its position; its column is found when there is something to say of it.
    """

    def __init__(self, text: str, variables: Mapping[str, float | str]) -> None:
        if len(text) > TEXT_LIMIT:
            raise _fault(TEXT_LIMIT + 1, f"a formula has at most {TEXT_LIMIT:,} characters")
        self._text = text
        self._variables = {name: _meant(own) for name, own in variables.items()}
        self._tokens: list[str] = [*_TOKEN.findall(text), _END]
        self._next = 0
        self._nodes = 0
        self._depth = 0
        self._steps: list[Step] = []

    def steps(self) -> tuple[Step, ...]:
        self._sum()
        if self._tokens[self._next] != _END:
            raise self._expected("one of + - * / ** was expected")
        return tuple(self._steps)

    def _sum(self) -> None:
        start = len(self._steps)
        self._product()
        while (sign := self._tokens[self._next]) in _SUM_SIGNS:
            at = self._taken()
            self._product()
            self._apply(at, sign, start, 2)

    def _product(self) -> None:
        start = len(self._steps)
        self._signed()
        while (sign := self._tokens[self._next]) in _PRODUCT_SIGNS:
            at = self._taken()
            self._signed()
            self._apply(at, sign, start, 2)

    def _signed(self) -> None:
        self._depth += 1
        if self._depth > DEPTH_LIMIT + 1:
            raise self._fault(self._next, f"the formula is nested deeper than {DEPTH_LIMIT}")
        start = len(self._steps)
        if self._tokens[self._next] == "-":
            at = self._taken()
            self._signed()
            self._apply(at, "negative", start, 1)
        else:
            self._atom()
            if self._tokens[self._next] == "**":
                at = self._taken()
                self._signed()
                self._apply(at, "**", start, 2)
        self._depth -= 1

    def _atom(self) -> None:
        token, at = self._tokens[self._next], self._taken()
        start = token[:1]
        if start in _DIGITS:
            self._number(at, token)
        elif start == "$":
            self._variable(at, token[1:])
        elif start == "(":
            self._sum()
            if not self._takes(")"):
                raise self._expected(f"')' was expected for the '(' in column {self._column(at)}")
        elif start.isidentifier():
            self._function(at, token)
        else:
            raise self._misplaced(at)

    def _number(self, at: int, token: str) -> None:
        number = float(token)
        if not math.isfinite(number):
            raise self._fault(at, f"the number {shown(token)} is too large")
        self._count(at)
        self._steps.append(number)

    def _variable(self, at: int, name: str) -> None:
        part = self._variables.get(name)
        if part is None:
            known = ", ".join(f"${name}" for name in sorted(self._variables)[:_NAMED]) or "none"
            known += " …" if len(self._variables) > _NAMED else ""
            raise self._fault(at, f"${name[:60]} is not in `variables`; known here: {known}")
        self._count(at)
        self._steps.append(part)

    def _function(self, at: int, name: str) -> None:
        if name not in FUNCTIONS:
            raise self._fault(
                at,
                f"{shown(name)} is not a function; there are {', '.join(sorted(FUNCTIONS))} (a "
                "variable is written with $)",
            )
        if not self._takes("("):
            raise self._expected(f"'(' was expected after {name}")
        start, parts = len(self._steps), 1
        self._sum()
        while self._takes(","):
            self._sum()
            parts += 1
        if not self._takes(")"):
            raise self._expected(f"')' was expected for the arguments of {name}")
        if name in _ONE_ARGUMENT and parts > 1:
            raise self._fault(at, f"{name} takes one argument; got {parts}")
        if name == "round" and parts > 1 and not (parts == 2 and self._steps[-1] in _DECIMALS):
            raise self._fault(
                at, "round takes a number and, if wanted, constant decimals from 0 to 12"
            )
        self._apply(at, name, start, parts)

    def _apply(self, at: int, operator: str, start: int, parts: int) -> None:
        """Apply an operator or a function to what the steps from `start` on calculate.

        Of constants alone the result is calculated at once: each of them is one step.
        """
        self._count(at)
        steps = self._steps
        single = len(steps) - start == parts
        numbers = [step for step in steps[start:] if isinstance(step, float)] if single else []
        never = operator == "/" and steps[-1] == 0.0
        if len(numbers) < parts and not never:
            steps.append(_operation(operator, parts))
            return
        number = math.nan if never else _constant(operator, numbers)
        if not math.isfinite(number):
            said = shown(self._shown_text(at))
            raise self._fault(at, f"{said} has no finite value here, whatever the market")
        steps[start:] = [number]

    def _taken(self) -> int:
        """Take the next token, and answer its position."""
        self._next += 1
        return self._next - 1

    def _takes(self, sign: str) -> bool:
        """Take the next token if it is this sign, and answer whether it was."""
        if self._tokens[self._next] != sign:
            return False
        self._next += 1
        return True

    def _count(self, at: int) -> None:
        self._nodes += 1
        if self._nodes > NODE_LIMIT:
            raise self._fault(at, f"the formula has more than {NODE_LIMIT} nodes")

    def _expected(self, wanted: str) -> FormulaInvalid:
        return self._fault(self._next, f"{wanted}; got {self._got(self._next)}")

    def _misplaced(self, at: int) -> FormulaInvalid:
        if self._tokens[at] == _FOREIGN:
            return self._fault(
                at,
                f"{self._got(at)} does not belong here; there are numbers, $names, "
                f"+ - * / ** ( ) and the functions {', '.join(sorted(FUNCTIONS))}",
            )
        return self._fault(at, f"a number, a $name or '(' was expected; got {self._got(at)}")

    def _got(self, at: int) -> str:
        return "the end" if self._tokens[at] == _END else shown(self._shown_text(at))

    def _shown_text(self, at: int) -> str:
        return self._tokens[at].removeprefix("$") or self._text[self._column(at) - 1]

    def _column(self, at: int) -> int:
        if self._tokens[at] == _END:
            return len(self._text) + 1
        match = next(islice(_TOKEN.finditer(self._text), at, None))
        return match.end() - (len(self._tokens[at]) or 1) + 1

    def _fault(self, at: int, said: str) -> FormulaInvalid:
        return _fault(self._column(at), said)


def _meant(variable: float | str) -> float | Market:
    return Market(variable) if isinstance(variable, str) else float(variable)


@cache
def _operation(operator: str, parts: int) -> Operation:
    return Operation(operator, parts)


def _constant(operator: str, numbers: Sequence[float]) -> float:
    """Calculate as `calculated` does but for the sign of a zero; plain numbers need no arrays."""
    plain = _PLAIN.get(operator)
    return plain(*numbers) if plain else float(calculated(operator, numbers))


def _fault(column: int, said: str) -> FormulaInvalid:
    return FormulaInvalid(f"formula, column {column}: {said}")


def values(formula: Formula, market: Mapping[str, Numbers], instants: int) -> Numbers:
    """Calculate a formula at n instants.

    `market` holds, by code, the published prices (n) in the unit that the source publishes,
    NaN where there is none.

    Returns (n) money per kWh, NaN wherever any step has no finite value: a price that a
    division by zero or an overflow has touched is no price.
    """
    good = np.ones(instants, np.bool_)
    stack: list[Numbers | float] = []
    with np.errstate(all="ignore"):
        for step in formula.steps:
            if isinstance(step, float):
                stack.append(step)
                continue
            if isinstance(step, Market):
                value = market[step.code]
            else:
                value = calculated(step.operator, stack[-step.parts :])
                del stack[-step.parts :]
            good &= np.isfinite(value)
            stack.append(value)
    return np.where(good, np.broadcast_to(stack[0], instants), np.nan)
