"""Months and hours of a URDB rate as entries of a schedule."""

from collections.abc import Callable, Sequence

from wattyard.tariffs.adapters.imports import Body, clock
from wattyard.tariffs.adapters.urdb.shapes import Matrix, UrdbInvalid
from wattyard.tariffs.domain.schedule import MONTHS


def seasons(
    weekdays: Matrix, weekends: Matrix, hours: Callable[[Sequence[int]], list[Body]]
) -> list[Body]:
    """Write one entry for all months that have the same weekdays and weekends."""
    alike: dict[tuple[tuple[int, ...], ...], list[str]] = {}
    for month, pair in zip(MONTHS, zip(weekdays, weekends, strict=True), strict=True):
        alike.setdefault(tuple(map(tuple, pair)), []).append(month)
    return [
        {
            "months": ["All"] if len(months) == len(MONTHS) else months,
            "days_and_hours": [{"days": ["All"], "hours": hours(week)}]
            if week == weekend
            else [
                {"days": ["Weekdays"], "hours": hours(week)},
                {"days": ["Weekends"], "hours": hours(weekend)},
            ],
        }
        for (week, weekend), months in alike.items()
    ]


def in_range(matrix: Matrix, name: str, periods: int) -> Matrix:
    """Check a matrix, and answer it.

    Raises:
        UrdbInvalid: where it has not 12 months of 24 hours, or names another period.
    """
    shaped = len(matrix) == 12 and all(len(row) == 24 for row in matrix)
    if not shaped or not all(0 <= period < periods for row in matrix for period in row):
        raise UrdbInvalid(
            f"{name} must be 12 months of 24 hours, each the number of one of {periods} periods",
            param=name,
        )
    return matrix


def window(start: int, end: int) -> Body:
    """Write the hours from `start` to `end`."""
    return {"valid_from": clock(start * 60), "valid_to": clock(end * 60)}
