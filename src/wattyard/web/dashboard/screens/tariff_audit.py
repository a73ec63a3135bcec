"""What a price is made of at one instant, part by part (`POST /prices/audit`)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import htpy as h
from htpy import Node

from wattyard.kernel import civil, ids, instants
from wattyard.kernel.refusals import Refusal
from wattyard.platform.http.inside import Request
from wattyard.tariffs.service import Tariffs, TierCounts
from wattyard.web.charts.audit import AuditPart, audit_chart
from wattyard.web.charts.page import chart
from wattyard.web.charts.reading import ChartReader
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.forms import Fields, FormFaults
from wattyard.web.dashboard.screens.tariff_rule import because
from wattyard.web.dashboard.visit import Visit

Document = Mapping[str, Any]

_PARTS: Final = {
    "commodity_import": "Energy",
    "commodity_export": "Energy sold",
    "commodity_local": "Own generation",
    "non_commodity_import": "Network fees and levies",
}
_MOMENT: Final = timedelta(minutes=1)
_EXACT: Final = 1e-6


async def audit_card(visit: Visit, tariffs: Tariffs, counts: TierCounts, tariff: Document) -> Node:
    """Ask for an instant, now by default, and show the price of the site then in its parts."""
    zone = civil.zone(tariff["timezone"])
    typed = visit.query.get("at", "")
    start = _instant(typed, zone) if typed else visit.call.now
    found: Node = None
    faults = FormFaults()
    if start is None:
        found = parts.empty("This is not a date and time: write it as 2026-03-01T18:00.")
    else:
        try:
            found = await _shown(visit, tariffs, counts, tariff, start)
        except Refusal as refusal:
            faults = FormFaults(refusal)
            found = faults.rest()
    local = typed if start is None else f"{start.astimezone(zone):%Y-%m-%dT%H:%M}"
    fields = Fields({"at": local}, faults)
    return parts.card(
        "What a price is made of",
        parts.search_form(
            f"{visit.link('/tariffs/' + tariff['id'])}#audit",
            fields.text(
                "At", "at", unit=tariff["timezone"], type="datetime-local", params=("start_time",)
            ),
            parts.submit("Show", main=False),
        ),
        found,
        id_="audit",
    )


async def _shown(
    visit: Visit, tariffs: Tariffs, counts: TierCounts, tariff: Document, start: datetime
) -> Node:
    form = visit.formats(tariff["timezone"])
    body = {
        "location_id": tariff["location_id"],
        "start_time": instants.text(start),
        "end_time": instants.text(start + _MOMENT),
        "tariff_direction": tariff["direction"],
    }
    audit = await visit.api("POST", "/prices/audit", body=body)
    interval = audit["data"][0]
    price, currency = interval["price"], audit["currency_code"]
    own = [(name, part) for name, part in price.items() if name in _PARTS and part is not None]
    reader = ChartReader(civil.zone(tariff["timezone"]), str(form.locale))
    title = f"Price at {reader.stamp(round(start.timestamp() * 1e6))}"
    drawing = audit_chart(list(_parts(own)), reader, currency_code=currency, title=title)
    heads = ("Part", "Tariff", "Per kWh", "Of that VAT", "Tier", "Confidence")
    return [
        h.p[
            h.strong[form.rate(price["total"], currency)],
            " from ",
            form.when(interval["valid_from"]),
            ", at the tiers that the site has reached." if _tiered(own) else ".",
        ],
        await _why(visit, tariffs, counts, own, start, audit),
        chart(drawing, "audit-parts"),
        parts.table(
            heads, [_row(visit, form, currency, *one) for one in own], label="Tariffs of the price"
        ),
    ]


async def _why(
    visit: Visit,
    tariffs: Tariffs,
    counts: TierCounts,
    own: Sequence[tuple[str, Document]],
    start: datetime,
    audit: Document,
) -> Node:
    """Say in a sentence for each tariff which of its rules gives the price, and what is beside."""
    asked = [Request(method="GET", path=f"/tariffs/{part['tariff_id']}") for _, part in own]
    documents = await visit.together(*asked)
    lines = []
    for (_, part), found in zip(own, documents, strict=True):
        id_ = ids.read(found["id"], "trf", param="tariff_id")
        window = await tariffs.window_at(visit.context, id_, start)
        form = visit.formats(found["timezone"])
        address = visit.link(f"/tariffs/{found['id']}")
        text = because(found, window, part, form, address)
        since = await counts.unread_since(visit.context, id_) if part.get("tier") else None
        lines.append(h.li[text, _unread(since, found, form) if since else None])
    lines += [
        h.li(".faint")[
            f"Not in the price per kWh: {one['name'] or one['kind'].lower()}, {one['text']}."
        ]
        for one in audit["charges"]
    ]
    return h.ul(".because")[lines]


def _unread(since: datetime, tariff: Document, form: Formats) -> str:
    """Say that a tier follows from no reading: those of devices, or the other way, do not count."""
    day = form.day(civil.date_at(since, civil.zone(tariff["timezone"])))
    return (
        f" The site's own meter has no readings of this direction from {day} onwards yet, so the "
        "tier is chosen as if nothing had been used."
    )


def _tiered(own: Sequence[tuple[str, Document]]) -> bool:
    return any(part.get("tier") is not None for _, part in own)


def _parts(own: Sequence[tuple[str, Document]]) -> Iterator[AuditPart]:
    """Split each tariff's part, before VAT, into the market's price and the surcharge on it."""
    vat = 0.0
    for name, part in own:
        net = part["value"] - part["vat"]
        vat += part["vat"]
        market, surcharge = part.get("market"), part.get("surcharge") or 0.0
        if market is not None and abs(market["value"] + surcharge - net) <= _EXACT:
            yield AuditPart(f"{_PARTS[name]}: {market['code']}", market["value"])
            if surcharge:
                yield AuditPart("Surcharge", net - market["value"])
        else:
            yield AuditPart(_PARTS[name], net)
    if vat:
        yield AuditPart("VAT", vat)


def _row(visit: Visit, form: Formats, currency: str, name: str, part: Document) -> tuple[Node, ...]:
    tier = part.get("tier")
    return (
        _PARTS[name],
        h.a(href=visit.link(f"/tariffs/{part['tariff_id']}"))[part["tariff_id"]],
        form.money(part["value"], currency, digits=6),
        form.money(part["vat"], currency, digits=6) if part["vat"] else "none",
        "–" if tier is None else str(tier),
        form.percent(100 * part["confidence"]),
    )


def _instant(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        local = datetime.fromisoformat(text)
        found = civil.first_at(local, zone) if local.tzinfo is None else local
    except (ValueError, OverflowError):
        return None
    return found if instants.is_taken(found) else None
