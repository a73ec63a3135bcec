"""What became of a tariff that was judged, or connected."""

from collections.abc import Sequence
from typing import NamedTuple

from wattyard.kernel.ids import shown
from wattyard.kernel.refusals import Fault
from wattyard.kernel.values import dataclass
from wattyard.sites.domain.sites import Site
from wattyard.tariffs.domain.contracts import Contract
from wattyard.tariffs.domain.conversion import check_conversion
from wattyard.tariffs.domain.formula import Formula
from wattyard.tariffs.domain.refusals import FormulaInvalid
from wattyard.tariffs.domain.sources import MarketSource
from wattyard.tariffs.domain.tariff import Tariff


@dataclass(frozen=True, slots=True)
class Judged:
    """A tariff that could be kept: its site, its rules read, and the market sources it follows.

    `warnings` name what a person should look at again.
    """

    site: Site
    tariff: Tariff
    sources: dict[str, MarketSource]
    warnings: Sequence[Fault]


class ConnectedTariff(NamedTuple):
    """A tariff as it is kept, its site, and what of it a person should look at again."""

    contract: Contract
    site: Site
    warnings: Sequence[Fault]


def check_sources(tariff: Tariff, sources: dict[str, MarketSource], site: Site) -> None:
    """Refuse formulas that name unknown sources, and sources that nothing converts."""
    unknown = [
        Fault(FormulaInvalid.code, _unknown_source(formula, code), f"schedule{path}")
        for path, formula in tariff.schedule.formulas
        for code in sorted(formula.market_codes - set(sources))
    ]
    if unknown:
        raise FormulaInvalid.of(unknown)
    check_conversion(tariff, sources, site.currency_code)


def _unknown_source(formula: Formula, code: str) -> str:
    name, column = formula.named_at(code)
    return (
        f"formula, column {column}: ${name} stands for the market source {shown(code)}, which does "
        "not exist; GET /market-sources lists those that do"
    )
