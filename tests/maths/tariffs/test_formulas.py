"""Formulas: what they say, what they refuse, and instants at which they have no value."""

import ast
import math
import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattyard.tariffs.domain.formula import Formula, values
from wattyard.tariffs.domain.refusals import FormulaInvalid

INDEX = {"index": "BELPEX", "unitScale": 0.01, "tax": 0.12}
_POSSIBLE = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def value(text: str, **market: float) -> float:
    """Calculate a formula at one instant."""
    variables = {name: name.upper() for name in market}
    prices = {name.upper(): np.array([price]) for name, price in market.items()}
    return float(values(Formula(text, variables), prices, 1)[0])


def test_the_published_example_is_calculated() -> None:
    formula = Formula("(((0.03 * $index) - 3) * $unitScale) * $tax", INDEX)

    prices = values(formula, {"BELPEX": np.array([100.0, 300.0])}, 2)

    assert prices == pytest.approx([0.0, 0.0072])
    assert formula.market_codes == {"BELPEX"}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("1 + 2 * 3", 7),
        ("-2 ** 2", -4),
        ("2 ** 3 ** 2", 512),
        ("2 ** -1", 0.5),
        ("8 / 4 / 2", 1),
        ("8 - 4 - 2", 2),
        ("- - 3", 3),
        ("round(2.5)", 2),
        ("round(0.12345, 3)", 0.123),
        ("floor(-1.5) + ceil(-1.5)", -3),
        ("min(3, 1, 2) + max(3, 1, 2)", 4),
        ("abs(-4)", 4),
        (".5 + 5. + 1e-3", 5.501),
    ],
)
def test_operators_bind_as_in_python_and_round_is_half_even(text: str, result: float) -> None:
    assert value(text) == pytest.approx(result)


_numbers = st.floats(min_value=0.001, max_value=50).map(lambda number: f"{number:.3f}")
_expressions = st.recursive(
    _numbers,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(" ".join),
        inner.map("({})".format),
        inner.map("-{}".format),
        st.tuples(inner, st.sampled_from(["2", "3", "-1"])).map(lambda p: f"({p[0]}) ** {p[1]}"),
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(_expressions)
def test_arithmetic_agrees_with_python(text: str) -> None:
    try:
        expected = float(_python(ast.parse(text, mode="eval").body))
    except (ZeroDivisionError, OverflowError):
        with pytest.raises(FormulaInvalid):
            Formula(text, {})
        return
    assert value(text) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def _python(node: ast.expr) -> float:
    match node:
        case ast.BinOp(left, op, right):
            return _POSSIBLE[type(op)](_python(left), _python(right))
        case ast.UnaryOp(_, operand):
            return -_python(operand)
        case ast.Constant(number):
            return number
    raise AssertionError(node)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", 1),
        ("   ", 4),
        ("1 +", 4),
        ("(1 + 2", 7),
        ("1 2", 3),
        ("2 ^ 3", 3),
        ("1 / 0", 3),
        ("$index / 0", 8),
        ("9 ** 9 ** 9", 3),
        ("1e999", 1),
        ("(0 - 8) ** 0.5", 9),
        ("$other", 1),
        ("index", 1),
        ("$index.real", 7),
        ("$index[0]", 7),
        ("__import__('os')", 1),
        ("exec(1)", 1),
        ("lambda: 1", 1),
        ("min()", 5),
        ("abs(1, 2)", 1),
        ("round(1, $index)", 1),
        ("1 if 1 else 2", 3),
        ("1 // 2", 4),
        ("'a' * 9", 1),
        ("1" * 400, 1),
        ("1+" * 150 + "1", 200),
        ("(" * 31 + "1" + ")" * 31, 32),
        ("-" * 31 + "1", 32),
        ("1 " * 500_000, 10_001),
        ("\u0663", 1),
    ],
)
def test_what_is_not_arithmetic_is_refused_with_its_column(text: str, column: int) -> None:
    with pytest.raises(FormulaInvalid) as refused:
        Formula(text, INDEX)

    assert refused.value.first.code == "formula_invalid"
    assert f"column {column}:" in refused.value.first.message


def test_200_nodes_and_30_levels_are_allowed() -> None:
    assert value("+".join(["1"] * 100)) == 100
    assert value("(" * 30 + "1" + ")" * 30) == 1


@settings(deadline=None)
@given(st.text(alphabet="0123456789.$ab()+-*/, emnxri", max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        formula = Formula(text, {"a": "A", "b": 2.0})
    except FormulaInvalid:
        return
    prices = values(formula, {"A": np.array([1.0, 0.0, -5.0, np.nan])}, 4)
    assert np.isfinite(prices[~np.isnan(prices)]).all()


@pytest.mark.parametrize(
    "text",
    [
        "1 / $index",
        "min(1 / $index, 5)",
        "1 / (1 / $index)",
        "(0 - $index - 1) ** 0.5",
        "10 ** (400 * (1 - $index)) * 0",
    ],
)
def test_an_instant_without_a_finite_value_has_no_price_and_no_wrong_one(text: str) -> None:
    prices = values(Formula(text, INDEX), {"BELPEX": np.array([0.0])}, 1)

    assert math.isnan(prices[0])


def test_an_instant_without_a_market_price_has_no_value() -> None:
    prices = values(Formula("min(1, $index)", INDEX), {"BELPEX": np.array([np.nan, 2.0])}, 2)

    assert math.isnan(prices[0])
    assert prices[1] == 1.0
