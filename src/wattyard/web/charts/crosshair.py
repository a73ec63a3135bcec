"""What the script of a page needs to read values under a pointer, in few bytes."""

from collections.abc import Mapping, Sequence
from typing import Final

from wattyard.kernel.arrays import np
from wattyard.kernel.clock_changes import SECOND_US
from wattyard.web.charts.reading import ChartReader
from wattyard.web.charts.tables import TableColumn
from wattyard.web.charts.times import TimeScale

_MOST: Final = 1_000


def pointer(
    columns: Sequence[TableColumn], scale: TimeScale, reader: ChartReader
) -> Mapping[str, object] | None:
    """Describe series for the script; None where they have more steps than are worth their bytes.

    `from` and `to` are the ends of the axis in seconds since 1970, `zone` its clock; each entry of
    `series` has its `name`, the `decimals` of its values `v`, null where nothing is known, and
    their edges `t` in seconds after `from`, or `[first, step]` where all steps are alike.
    """
    if sum(one.series.values.size for one in columns) > _MOST:
        return None
    return {
        "from": scale.start_us // SECOND_US,
        "to": scale.end_us // SECOND_US,
        "zone": reader.zone.key,
        "series": [
            {
                "name": one.name,
                "decimals": one.decimals,
                "t": _edges(one, scale),
                "v": [
                    None if np.isnan(value) else round(value, one.decimals)
                    for value in one.series.values.tolist()
                ],
            }
            for one in columns
        ],
    }


def _edges(column: TableColumn, scale: TimeScale) -> list[int]:
    seconds = (column.series.edges_us - scale.start_us) // SECOND_US
    steps = np.diff(seconds)
    if np.all(steps == steps[0]):
        return [int(seconds[0]), int(steps[0])]
    found: list[int] = seconds.tolist()
    return found
