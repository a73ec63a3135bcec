"""Formulas: what is taken, what it costs, and what is refused at which column (contract 2)."""

import time
from typing import Any

from tests.support.refused_tariffs import HOURS, only_place, place, refused
from tests.support.tariff_bodies import body, flat, hours
from tests.support.world import Tenant, error

ALL_DAY = hours(("00:00", "00:00", 0.1))
NOBODY = "0" * 32


async def formula_fault(tenant: Tenant, text: str, **variables: Any) -> dict[str, Any]:
    rate = [{"value": text, "variables": variables} if variables else {"value": text}]
    fault = await refused(tenant, body(flat(rate)))
    assert (fault["code"], fault["type"]) == ("formula_invalid", "invalid_request")
    assert fault["param"] == f"{HOURS}[0].rate[0].value"
    assert len(fault["message"]) < 400
    return fault


BAD_FORMULAS: list[Any] = [
    ("1 +", 4),
    ("", 1),
    ("(1", 3),
    ("1)", 2),
    ("1 2", 3),
    ("* 2", 1),
    ("0.1 + spam", 7),
    ("$nothing + 1", 1),
    ("1 + $x", 5),
    ("1 // 2", 4),
    ("1 % 2", 3),
    ("1 if 2 else 3", 3),
    ("import os", 1),
    ("__import__('os')", 1),
    ("().__class__", 2),
    ("eval(1)", 1),
    ("min", 4),
    ("abs.x", 4),
    ("pow(2, 3)", 1),
    ("abs(1, 2)", None),
    ("min()", None),
    ("1; 2", 2),
    ("lambda: 1", 1),
    ("0x10", 2),
    ("1_000", 2),
    ("'1'", 1),
    ("[1][0]", 1),
    ("1 / 0", None),
    ("1 / (2 - 2)", None),
    ("0 ** -1", None),
    ("(-1) ** 0.5", None),
    ("10 ** 400", None),
    ("9 ** 9 ** 9 ** 9", None),
    ("1e999", None),
]


async def test_a_bad_formula_is_refused_with_its_column(tenant: Tenant) -> None:
    for text, column in BAD_FORMULAS:
        fault = await formula_fault(tenant, text)

        assert (f"column {column}" if column else "column") in fault["message"], fault


async def test_a_source_that_is_not_there_is_named_with_its_column(tenant: Tenant) -> None:
    fault = await formula_fault(tenant, "0.5 * $a + $b", a=1.0, b="NOWHERE")

    assert "column 12: $b stands for the market source 'NOWHERE'" in fault["message"]


async def test_variables_are_numbers_and_codes(tenant: Tenant) -> None:
    rate = [{"value": "$a", "variables": {"a": None}}]

    fault = await refused(tenant, body(flat(rate)))

    assert fault["code"] == "variables_invalid"
    assert "an object of numbers and codes of market sources" in fault["message"]


async def test_a_formula_with_a_nul_is_refused_as_text(tenant: Tenant) -> None:
    given = {"location_id": await place(tenant), **body(flat("1\x002"))}

    assert (await tenant.post("/tariffs", given)).status_code == 400


async def test_huge_powers_are_refused_at_once(tenant: Tenant) -> None:
    for text in ("9**9**9**9**9**9", "2 ** 1e308", "1e308 * 1e308", "-(10 ** 309)"):
        before = time.process_time()
        await formula_fault(tenant, text)
        assert time.process_time() - before < 1


LIMITS: list[Any] = [
    ("(" * 20 + "0.1" + ")" * 20, True),
    ("(" * 31 + "0.1" + ")" * 31, False),
    ("-" * 40 + "0.1", False),
    ("abs(" * 31 + "0.1" + ")" * 31, False),
    ("1 ** " * 31 + "1", False),
    ("+".join(["0.001"] * 100), True),
    ("+".join(["0.001"] * 101), False),
    ("(" * 100_000, False),
    ("(" * 40_000 + "1" + ")" * 40_000, False),
    ("-" * 100_000 + "1", False),
    ("1" * 100_000, False),
    ("1" + "+1" * 250_000, False),
    ("$" + "a" * 500_000, False),
    (" " * 500_000, False),
]


async def test_formulas_have_a_limit_of_nodes_and_depth(tenant: Tenant) -> None:
    for text, taken in LIMITS:
        before = time.process_time()
        if taken:
            made = await tenant.tariff(await only_place(tenant), schedule=flat(text))
            await tenant.delete(f"/tariffs/{made['id']}")
        else:
            await formula_fault(tenant, text)
        assert time.process_time() - before < 2


async def test_a_body_over_a_megabyte_is_refused_whole(tenant: Tenant) -> None:
    given = {"location_id": await place(tenant), **body(flat("1+" * 600_000 + "1"))}

    error(await tenant.post("/tariffs", given), 413, "body_too_large")


BAD_VARIABLES: list[Any] = [
    ({"index": "BELPEX"}, "$index / 1000"),
    ({"x": None}, "$x"),
    ({"x": True}, "$x"),
    ({"x": [1]}, "$x"),
    ({"": 1}, "1"),
    ({"a b": 1}, "1"),
    ({"__class__.x": 1}, "1"),
]


async def test_bad_variables_are_refused(tenant: Tenant) -> None:
    for variables, text in BAD_VARIABLES:
        fault = await refused(tenant, body(flat([{"value": text, "variables": variables}])))

        assert fault["code"].endswith("_invalid"), variables


async def test_an_unknown_market_code_is_named_where_it_stands(tenant: Tenant) -> None:
    await tenant.market_source(code="EPEX_NL")

    fault = await formula_fault(tenant, "$index / 1000", index="BELPEX")

    assert "BELPEX" in fault["message"]


async def test_the_documented_formula_is_taken_and_priced(tenant: Tenant) -> None:
    source = await tenant.market_source(code="BELPEX")
    await tenant.publish(
        source["id"],
        [{"valid_from": "2026-03-01T00:00:00Z", "valid_to": "2026-03-02T00:00:00Z", "value": 250}],
    )
    at = await place(tenant)
    rate = {
        "value": "(((0.03 * $index) - 3) * $unitScale) * $tax",
        "variables": {"index": "BELPEX", "unitScale": 0.01, "tax": 1.21},
    }
    await tenant.tariff(at, schedule=flat([rate]))

    span = {"start_time": "2026-03-01T12:00:00Z", "end_time": "2026-03-01T13:00:00Z"}
    (only,) = (await tenant.post("/prices", {"location_id": at, **span})).json()["data"]

    assert only["price"] == {"value": 0.05445, "confidence": 1}


async def test_a_formula_without_a_value_at_an_instant_makes_it_unavailable(
    tenant: Tenant,
) -> None:
    source = await tenant.market_source(code="X")
    quarter = [("00:00", "00:15", 100.0), ("00:15", "00:30", 0.0), ("00:30", "00:45", 50.0)]
    await tenant.publish(
        source["id"],
        [
            {"valid_from": f"2026-03-01T{a}:00Z", "valid_to": f"2026-03-01T{b}:00Z", "value": v}
            for a, b, v in quarter
        ],
    )
    at = await place(tenant)
    await tenant.tariff(at, schedule=flat([{"value": "5 / $m", "variables": {"m": "X"}}]))

    span = {"start_time": "2026-03-01T00:00:00Z", "end_time": "2026-03-01T00:45:00Z"}
    fault = error(await tenant.post("/prices", {"location_id": at, **span}), 422, "no_price_data")
    assert "2026-03-01T00:15" in fault["message"] or "2026-03-01T01:15" in fault["message"]
    fine = await tenant.post(
        "/prices", {"location_id": at, **span, "end_time": "2026-03-01T00:15:00Z"}
    )
    assert fine.json()["data"][0]["price"]["value"] == 0.05


VALUES: list[Any] = [
    ("2 ** 3 / 10", 0.8),
    ("-2 ** 2 + 4.5", 0.5),
    ("2 ** -1", 0.5),
    ("min(0.3, 0.2, 0.1)", 0.1),
    ("max(0.1, abs(-0.4))", 0.4),
    ("round(0.3456, 2)", 0.35),
    ("floor(1.9) + ceil(0.1)", 2),
    ("1 - 2 - 3", -4),
    ("8 / 4 / 2", 1),
    ("- -0.5", 0.5),
    ("1e-1", 0.1),
    (".5", 0.5),
]


async def test_formulas_calculate_as_they_are_read(tenant: Tenant) -> None:
    at = await place(tenant)
    span = {"start_time": "2026-03-01T00:00:00Z", "end_time": "2026-03-01T01:00:00Z"}
    for text, value in VALUES:
        made = await tenant.tariff(at, schedule=flat(text))

        answer = (await tenant.post("/prices", {"location_id": at, **span})).json()

        assert answer["data"][0]["price"]["value"] == value, text
        await tenant.delete(f"/tariffs/{made['id']}")
