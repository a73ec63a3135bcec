"""Lines over all items: VAT on top of the others, and their way into the answer."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from uuid import UUID

import numpy as np

from wattyard.costs.domain.answer import ORDER_OF_LINES, Costs, CostTable, LineRule
from wattyard.costs.domain.frame import Frame, Row
from wattyard.costs.domain.readings import Numbers
from wattyard.tariffs.domain.tariff import Element, Tariff


def vat_on_top(tariff: Tariff) -> float:
    """Tell the fraction to be added to a tariff's prices; 0 where they contain it."""
    return 0.0 if tariff.tax.included else tariff.tax.vat


def vat_rows(elements: Sequence[Element], rows: Sequence[Row]) -> Iterator[Row]:
    """Write the VAT of every contract whose prices do not contain it, on all of its lines."""
    net: defaultdict[UUID, Numbers | float] = defaultdict(float)
    for row in rows:
        net[row.rule.tariff_id] = net[row.rule.tariff_id] + row.amount
    for element in elements:
        vat = vat_on_top(element.tariff)
        if vat and element.id in net:
            rule = LineRule("VAT", element.id, "NET", unit_price=vat)
            amount = np.asarray(net[element.id])
            yield Row(rule, amount, amount * vat)


def tables(frame: Frame, energy_kwh: Numbers, confidence: Numbers, rows: Sequence[Row]) -> Costs:
    """Put the lines (each g + 1) together: the items that have any, and the whole span."""
    kept = [row for row in rows if row.quantity.any() or row.amount.any()]
    kept.sort(key=lambda row: ORDER_OF_LINES.index(row.rule.kind))
    shape = (len(kept), frame.starts_us.size)
    amounts = np.array([row.amount for row in kept]).reshape(shape)
    everything = CostTable(
        starts_us=frame.starts_us,
        ends_us=frame.ends_us,
        energy_kwh=energy_kwh,
        confidence=confidence,
        rules=tuple(row.rule for row in kept),
        quantity=np.array([row.quantity for row in kept]).reshape(shape),
        exact_amount=amounts,
    )
    present = (frame.metered > 0) | (amounts != 0).any(axis=0)
    data = everything.only(slice(0, -1)).only(present[:-1])
    return Costs(data.of_readings(frame.reading), everything.only(slice(-1, None)))
