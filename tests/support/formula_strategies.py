"""Hypothesis strategies for formula strings that stay well conditioned.

Values stay small and steps (`round`, `floor`, `ceil`) are kept away from their edges, so that a
correct double computation and this exact one differ by rounding only (far under 1e-9).
"""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st

AWAY = "0.000137"  # no mean of 1..4 prices with the series' decimals comes near a step with it


def constants() -> st.SearchStrategy[str]:
    """Plain number texts between 0.01 and 3."""
    return st.one_of(
        st.integers(1, 300).map(lambda n: repr(n / 100)),
        st.sampled_from(("2", "0.5", "1", "0.125")),
    )


def _index_leaves(unit: str) -> st.SearchStrategy[str]:
    scale = "0.001" if unit == "MWH" else "1"
    step = "0.1" if unit == "MWH" else "100"
    return st.sampled_from(
        (
            f"($index * {scale})",
            f"$index * {scale}",
            f"(floor($index * {step} + {AWAY}) * 0.01)",
            f"(round($index * {step} + {AWAY}) * 0.01)",
            f"(ceil($index * {step} + {AWAY}) / 100)",
            f"abs($index * {scale} - 0.05)",
        )
    )


def _leaves(unit: str | None) -> st.SearchStrategy[str]:
    plain = st.one_of(constants(), st.sampled_from(("$tax", "$unitScale")))
    return plain if unit is None else st.one_of(plain, _index_leaves(unit))


def _grown(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(children, children)
    return st.one_of(
        st.builds("({0[0]}) + ({0[1]})".format, pair),
        st.builds("{0[0]} - ({0[1]})".format, pair),
        st.builds("({0[0]})*({0[1]})".format, pair),
        st.builds("({0[0]}) / (({0[1]}) ** 2 + 1)".format, pair),
        st.builds("min({0[0]}, {0[1]}, 0.4)".format, pair),
        st.builds("max({0[0]},{0[1]})".format, pair),
        st.builds("-({0})".format, children),
        st.builds("abs( {0} )".format, children),
    )


@cache
def _trees(unit: str | None) -> st.SearchStrategy[str]:
    return st.recursive(_leaves(unit), _grown, max_leaves=5)


@st.composite
def formulas(draw: st.DrawFn, unit: str | None) -> str:
    """A formula of `$tax`, `$unitScale` and, with a market `unit`, certainly of `$index`."""
    text = draw(_trees(unit))
    edge_cases = ("{0}", "-$tax ** 2 + {0}", "2 ** 3 ** 2 / 1000 - {0}", "2 ** -1 * ({0})",
                  "0.9 - 0.3 - 0.1 + ({0})", "8 / 4 / 2 * ({0})", "- -({0})")  # fmt: skip
    text = draw(st.sampled_from(edge_cases)).format(text if len(text) < 6 else f"({text})")
    if unit is None:
        return text
    return f"({text}) * 0.1 + {draw(_index_leaves(unit))}"
