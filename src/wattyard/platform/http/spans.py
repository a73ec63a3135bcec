"""The part of a GET's query that says for which time it asks (contract 9)."""

from datetime import date, datetime
from typing import Annotated, Final

import msgspec

from wattyard.kernel import asked_time
from wattyard.kernel.asked_time import AskedTime, DateInvalid
from wattyard.kernel.refusals import Malformed
from wattyard.platform.decoding import Shape
from wattyard.platform.http.lists import ParametersExclusive


class StartTimeMissing(Malformed):
    """`start_time` is needed, or `date`."""

    code = "start_time_missing"


class EndTimeMissing(Malformed):
    """`end_time` is needed, or `hours`."""

    code = "end_time_missing"


SPAN_REFUSALS: Final = (ParametersExclusive, DateInvalid)
WHOLE_SPAN_REFUSALS: Final = (*SPAN_REFUSALS, StartTimeMissing, EndTimeMissing)


class SpanQuery(Shape):
    """For which time: by instants, by local dates of the location, or by hours."""

    start_time: Annotated[
        str | None,
        msgspec.Meta(
            description="RFC 3339 with an offset or Z; or a bare date, YYYY-MM-DD, for that local "
            "midnight of the location"
        ),
    ] = None
    end_time: Annotated[
        str | None, msgspec.Meta(description="as `start_time`; the end is exclusive")
    ] = None
    date: Annotated[
        str | None,
        msgspec.Meta(
            description="a whole local day of the location, YYYY-MM-DD; instead of `start_time` "
            "and `end_time`"
        ),
    ] = None
    hours: Annotated[
        Annotated[int, msgspec.Meta(ge=1, le=8784)] | None,
        msgspec.Meta(
            description="this many elapsed hours from the start, or from the start of `date`; "
            "instead of `end_time`",
        ),
    ] = None

    def asked(self) -> AskedTime:
        """Read the time that is asked for.

        Raises:
            ParametersExclusive: when it is given in two ways.
            Malformed: when a part of it is malformed.
        """
        if self.date is not None and (self.start_time is not None or self.end_time is not None):
            raise ParametersExclusive(
                "date excludes start_time and end_time; send it alone, or with hours", param="date"
            )
        if self.hours is not None and self.end_time is not None:
            raise ParametersExclusive(
                "hours and end_time cannot be used together; send one of them", param="hours"
            )
        return AskedTime(
            start=_read("start_time", self.start_time),
            end=_read("end_time", self.end_time),
            day=None if self.date is None else asked_time.read_day(self.date),
            hours=self.hours,
        )

    def asked_whole(self) -> AskedTime:
        """Read the time that is asked for, where neither end has a default.

        Raises:
            StartTimeMissing, EndTimeMissing, and what `asked` raises.
        """
        asked = self.asked()
        if asked.day is None and asked.start is None:
            raise StartTimeMissing("start_time is needed, or date", param="start_time")
        if asked.day is None and asked.end is None and asked.hours is None:
            raise EndTimeMissing("end_time is needed, or hours", param="end_time")
        return asked


def _read(param: str, text: str | None) -> datetime | date | None:
    return None if text is None else asked_time.read(param, text)
