"""Green Button files: every interval comes back once, whatever the order of the entries."""

import io
import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.meter_files import (
    EPOCH,
    SECOND,
    Kept,
    Usage,
    espi_entry,
    green_button,
    half_hours,
    interval_reading,
    kept,
    refused,
)
from wattyard.kernel import civil
from wattyard.meters.adapters.green_button import readings
from wattyard.meters.adapters.meter_file import MeterReading, Noted, Options, RefusedReading

NEW_YORK = Options(zone="America/New_York")
QUARTER = timedelta(minutes=15)


class OneWay(io.BytesIO):
    """A stream such as standard input, which cannot go back."""

    def seekable(self) -> bool:
        return False

    def seek(self, offset: int, whence: int = 0) -> int:
        raise io.UnsupportedOperation


def read(content: bytes, options: Options = NEW_YORK) -> list[MeterReading | RefusedReading]:
    return list(readings(io.BytesIO(content), options))


def one_block(*values: str, kind: str = "<uom>72</uom>", flow: int = 1) -> bytes:
    """A file of one block, whose type says what `kind` says."""
    whole = green_button([Usage(1, "Meter", flow, 0, (((EPOCH, EPOCH + QUARTER, 7),),))]).decode()
    old = whole[whole.index("<IntervalReading>") : whole.index("</IntervalBlock>")]
    return whole.replace(old, "".join(values) or old).replace("<uom>72</uom>", kind).encode()


@st.composite
def usages(draw: st.DrawFn) -> list[Usage]:
    made = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        start = datetime(2024, 1, 1, tzinfo=UTC) + draw(st.integers(0, 10**6)) * SECOND
        blocks = []
        for _ in range(draw(st.integers(0, 3))):
            block = []
            for value in draw(st.lists(st.integers(0, 10**6), max_size=5)):
                end = start + draw(st.integers(1, 86_400)) * SECOND
                block.append((start, end, value))
                start = end
            blocks.append(tuple(block))
        flow, power = draw(st.sampled_from([1, 19])), draw(st.integers(-3, 3))
        made.append(Usage(number, f"Meter {number}", flow, power, tuple(blocks)))
    return made


@given(usages(), st.integers() | st.none(), st.booleans())
def test_every_interval_comes_back_once(made: list[Usage], seed: int | None, one_way: bool) -> None:
    content = green_button(made, None if seed is None else random.Random(seed))
    own = list(readings((OneWay if one_way else io.BytesIO)(content), NEW_YORK))

    expected = [
        Kept(
            a,
            b,
            value * 10 ** max(usage.power_of_ten, 0) / (1000 * 10 ** max(-usage.power_of_ten, 0)),
            {1: "INBOUND", 19: "OUTBOUND"}[usage.flow_direction],
            1.0,
            usage.title,
        )
        for usage in made
        for block in usage.blocks
        for a, b, value in block
    ]
    nothing = [r for r in own if isinstance(r, RefusedReading) and r.code == "format_invalid"]
    assert bool(nothing) == (not expected)
    found = kept(r for r in own if r not in nothing)
    order = lambda one: (one.channel, one.start)  # noqa: E731
    assert sorted(found, key=order) == sorted(expected, key=order)


@pytest.mark.parametrize(("day", "hours"), [(date(2025, 3, 9), 23), (date(2025, 11, 2), 25)])
def test_days_of_23_and_25_hours_are_whole(day: date, hours: int) -> None:
    span = civil.day(day, civil.zone("America/New_York"))
    block = tuple((a, b, 250) for a, b in half_hours(span.start, span.end, QUARTER))
    own = kept(read(green_button([Usage(1, "Meter", 1, 0, (block,))])))

    assert len(own) == hours * 4
    assert (own[0].start, own[-1].end) == (span.start, span.end)
    assert all(one.end == other.start for one, other in pairwise(own))


def test_power_is_constant_over_its_period() -> None:
    content = one_block(interval_reading(0, 900, 2000), kind="<uom>38</uom>")

    assert kept(read(content))[0].kwh == 0.5


def test_a_flow_that_is_not_told_is_the_callers() -> None:
    options = Options(zone="America/New_York", default_direction="OUTBOUND")

    assert kept(read(one_block(flow=0), options))[0].direction == "OUTBOUND"


@pytest.mark.parametrize(
    ("kind", "flow", "code"),
    [
        ("", 1, "units_invalid"),
        ("<uom>72</uom>", 4, "energy_flow_direction_invalid"),
        (
            "<uom>72</uom><accumulationBehaviour>1</accumulationBehaviour>",
            1,
            "reading_type_invalid",
        ),
        (
            "<uom>72</uom><powerOfTenMultiplier>999999999</powerOfTenMultiplier>",
            1,
            "reading_type_invalid",
        ),
    ],
)
def test_values_that_are_no_energy_of_intervals_are_refused_once(
    kind: str, flow: int, code: str
) -> None:
    values = [interval_reading(n * 900, 900, 1) for n in range(3)]

    assert [r.code for r in read(one_block(*values, kind=kind, flow=flow))] == [code]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "kind",
    [
        "<uom>73</uom>",
        "<uom>169</uom>",
        "<uom>61</uom>",
        "<uom>38</uom><dataQualifier>8</dataQualifier>",
        "<uom>38</uom><kind>8</kind>",
        "<uom>72</uom><commodity>7</commodity>",
    ],
)
def test_other_quantities_and_demand_are_told_apart(kind: str) -> None:
    values = [interval_reading(n * 900, 900, 1) for n in range(3)]

    (own,) = read(one_block(*values, kind=kind))
    assert isinstance(own, Noted)
    assert own.what == "other_quantity"


def test_gas_measured_in_watt_hours_is_no_electricity() -> None:
    service = "<ServiceCategory><kind>1</kind></ServiceCategory>"
    content = one_block(interval_reading(0, 900, 1)).replace(b"<kind>0</kind>", service.encode())

    assert [type(one) for one in read(content)] == [Noted]


def registers(*made: tuple[str, int, int], order: random.Random | None = None) -> bytes:
    """A usage point with MeterReadings: a title, a unit and the value of an hour of each."""
    point, espi = "/U/1", 'xmlns="http://naesb.org/espi"'
    entries = [espi_entry(point, "/U", [f"{point}/MeterReading"], "home", f"<UsagePoint {espi}/>")]
    for n, (title, uom, value) in enumerate(made, 1):
        meter = f"{point}/MeterReading/{n:02}"
        hour = interval_reading(0, 3600, value)
        entries += [
            espi_entry(
                meter,
                f"{point}/MeterReading",
                [f"{meter}/IntervalBlock", f"/ReadingType/{n}"],
                title,
                f"<MeterReading {espi}/>",
            ),
            espi_entry(
                f"/ReadingType/{n}",
                "/ReadingType",
                [],
                "type",
                f"<ReadingType {espi}><uom>{uom}</uom><commodity>1</commodity></ReadingType>",
            ),
            espi_entry(
                f"{meter}/IntervalBlock/0",
                f"{meter}/IntervalBlock",
                [],
                "",
                f"<IntervalBlock {espi}>{hour}</IntervalBlock>",
            ),
        ]
    if order is not None:
        order.shuffle(entries)
    feed = '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">'
    return f"{feed}{''.join(entries)}</feed>".encode()


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
@pytest.mark.parametrize(
    ("titles", "names"),
    [
        (["night", "day"], ["night", "day"]),
        (["Energy", "Energy"], ["Energy 01", "Energy 02"]),
        (["", "day"], ["home 01", "day"]),
    ],
)
def test_each_meter_reading_is_a_register_with_a_name_of_its_own(
    titles: list[str], names: list[str], seed: int | None
) -> None:
    order = None if seed is None else random.Random(seed)
    content = registers(*((title, 72, 500) for title in titles), order=order)

    assert sorted(one.channel or "" for one in kept(read(content))) == sorted(names)


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_power_beside_energy_is_demand(seed: int | None) -> None:
    order = None if seed is None else random.Random(seed)
    own = read(registers(("Energy", 72, 500), ("Energy", 38, 900), order=order))

    assert [(one.kwh, one.channel) for one in kept(r for r in own if not isinstance(r, Noted))] == [
        (0.5, "home")
    ]
    assert [one.what for one in own if isinstance(one, Noted)] == ["other_quantity"]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (interval_reading(0, 900, -1), "value_negative"),
        (interval_reading(0, 900, ""), "value_missing"),
        (interval_reading(0, 900, "1e3"), "value_invalid"),
        (interval_reading(0, 900, "9" * 31), "value_invalid"),
        (interval_reading(0, 900, "9" * 30), "value_too_large"),
        (interval_reading(0, 0, 1), "end_time_invalid"),
        (interval_reading(0, -900, 1), "end_time_invalid"),
        (interval_reading(0, 32 * 86_400, 1), "period_too_long"),
        (interval_reading(10**12, 900, 1), "start_time_invalid"),
        ("<IntervalReading><value>1</value></IntervalReading>", "start_time_invalid"),
    ],
)
def test_a_bad_interval_is_refused_alone(value: str, code: str) -> None:
    own = read(one_block(value, interval_reading(900, 900, 1)))

    assert refused(own) == [("IntervalReading 1", code)]
    assert len(own) == 2


@pytest.mark.parametrize(
    ("quality", "confidence"), [(0, 1.0), (14, 1.0), (17, 1.0), (8, 0.7), (12, 0.5), (99, 0.5)]
)
def test_estimates_are_less_sure_than_what_was_measured(quality: int, confidence: float) -> None:
    own = kept(read(one_block(interval_reading(0, 900, 1, quality))))

    assert own[0].confidence == confidence


def test_the_quality_of_the_type_holds_where_a_reading_tells_none() -> None:
    kind = "<uom>72</uom><defaultQuality>8</defaultQuality>"
    values = [interval_reading(0, 900, 1), interval_reading(900, 900, 1, 17)]

    assert [one.confidence for one in kept(read(one_block(*values, kind=kind)))] == [0.7, 1.0]


def test_the_only_type_of_a_file_is_taken_where_links_are_broken() -> None:
    content = one_block().replace(b'rel="related"', b'rel="other"').replace(b"UsagePoint/1/", b"x/")

    assert len(kept(read(content))) == 1


def test_a_block_whose_type_cannot_be_told_is_refused() -> None:
    usage = Usage(1, "Meter", 1, 0, (((EPOCH, EPOCH + QUARTER, 7),),))
    both = green_button([usage, Usage(2, "Gas", 1, 0, (), uom=169)])
    own = read(both.replace(b'rel="related"', b'rel="other"').replace(b"UsagePoint/1/", b"x/"))

    assert [r.code for r in own] == ["reading_type_missing"]  # type: ignore[union-attr]


def test_links_may_come_after_the_content_of_an_entry() -> None:
    inside = f"<IntervalBlock>{interval_reading(0, 900, 5)}</IntervalBlock>"
    entry = espi_entry("/a/b", "/espi/UsagePoint/1/MeterReading/1/IntervalBlock", [], "", inside)
    links = entry[entry.index("<link") : entry.index("<title>")]
    late = entry.replace(links, "").replace("</entry>", f"{links}</entry>")
    content = one_block().replace(b"</feed>", late.encode() + b"</feed>")

    assert [one.kwh for one in kept(read(content))] == [0.007, 0.005]


BOMB = b"""<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<feed>&b;</feed>"""


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (BOMB, "entities_forbidden"),
        (b"<feed><entry></feed>", "xml_invalid"),
        (b"<feed>" + b"<a>" * 100, "xml_invalid"),
        (b"<feed><a b='" + b"x" * 3_000_000, "xml_invalid"),
        (b"<feed></feed>", "format_invalid"),
        (b"", "xml_invalid"),
        (b"<?xml version='1.0' encoding='no-such'?><feed/>", "xml_invalid"),
        (b"<?xml version='1.0' encoding='utf-7'?><feed/>", "xml_invalid"),
    ],
)
def test_what_is_no_honest_xml_is_refused(content: bytes, code: str) -> None:
    assert [r.code for r in read(content)] == [code]  # type: ignore[union-attr]


def test_a_file_cut_off_gives_what_it_holds_and_says_so() -> None:
    values = [interval_reading(n * 900, 900, 1) for n in range(10)]
    whole = one_block(*values)
    own = read(whole[: whole.index(interval_reading(8 * 900, 900, 1).encode()) + 20])

    assert len(own) == 9
    assert [code for _, code in refused(own)] == ["xml_invalid"]


def test_a_file_cut_off_before_its_types_says_so_once() -> None:
    usage = Usage(1, "Meter", 1, 0, (((EPOCH, EPOCH + QUARTER, 7),),))
    whole = green_button([usage])
    first, *_ = whole.split(b"<entry>")
    block = whole[whole.rindex(b"<entry>") : whole.index(b"</feed>")]

    assert {code for _, code in refused(read(first + block))} == {
        "reading_type_missing",
        "xml_invalid",
    }


def test_a_real_file_is_read(shared_data: Path) -> None:
    with (shared_data / "meter" / "test_usage_data_01.xml").open("rb") as file:
        own = kept(readings(file, NEW_YORK))

    assert len(own) == 96
    assert sum(one.kwh for one in own) == pytest.approx(93.846)
    assert (own[0].start, own[-1].end) == (
        datetime(2012, 3, 1, 5, tzinfo=UTC),
        datetime(2012, 3, 2, 5, tzinfo=UTC),
    )
    assert {one.channel for one in own} == {"Front Electric Meter"}
    assert sorted(one.confidence for one in own)[:3] == [0.7, 0.9, 1.0]
