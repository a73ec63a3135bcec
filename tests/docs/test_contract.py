"""docs/contract says what the code does: codes, paths, prefixes, limits, event types."""

import pytest

from tests.support import contract_text
from tests.support.contract_checks import CHECKS
from tests.support.contract_text import MARK

TEXTS = contract_text.contract()


@pytest.mark.parametrize("check", CHECKS)
def test_the_contract_says_what_the_code_does(check: str) -> None:
    assert CHECKS[check](contract_text.whole(TEXTS)) == []


@pytest.mark.parametrize(
    ("check", "before", "after", "complaint"),
    [
        ("codes", "| `site_not_found` |", "| `site_absent` |", "site_not_found is not"),
        ("codes", "| `site_not_found` |", "| `site_absent` |", "site_absent is documented"),
        ("codes", "| `site_inactive` | 422 |", "| `site_inactive` | 409 |", "is [422]"),
        ("codes", "422 `tariff_linked`", "409 `tariff_linked`", "is [422]"),
        ("codes", "(not yet) So is 422", "So is 422", "pending_connect is documented"),
        ("codes", "prices that overlap", f"{MARK} prices", "market_price_overlap exists, but"),
        ("paths", "GET /webhook-deliveries", "GET /parcels", "GET /parcels is"),
        ("paths", "GET /webhook-deliveries", "GET /parcels", "GET /webhook-deliveries is not"),
        ("paths", "`POST /schedules/site` plans", "`POST /houses`", "POST /houses is"),
        ("paths", "the public keys of the", f"{MARK} the", "GET /jwks.json exists"),
        ("prefixes", "| device_state |", "| device |", "dsr is documented as device"),
        ("prefixes", "| `whd` | webhook_delivery |\n", "", "whd is not documented"),
        ("event types", "`site.update` ", "", "site.update is not"),
        ("event types", "a supplier (not yet)", "a supplier", "connect_session.complete is"),
        ("codes of records", "`register_reset` |", "`register_drop` |", "register_drop is"),
        ("codes of records", "`time_duplicate` | the", "`time_repeated` | the", "time_repeated is"),
        ("limits", "request | 90 days |", "request | 60 days |", "as 60 days, but is 90 days"),
        ("limits", "default 30 |", "default 20 |", "default 20, but is 1 to"),
        ("limits", "| 64 KiB |", "| 32 KiB |", "but is 64"),
        ("limits", "burst 1,000 |", "burst 1,000 (not yet) |", "exists, but is marked"),
        ("limits", "| request body | 1 MiB |\n", "", "request body is not documented"),
        ("fields", "`failing_since`", "`failing_from`", "failing_from is documented"),
        ("fields", "`failing_since`", "`failing_from`", "failing_since is not documented"),
    ],
)
def test_a_contract_that_says_something_else_is_noticed(
    check: str, before: str, after: str, complaint: str
) -> None:
    doctored = {name: text.replace(before, after) for name, text in TEXTS.items()}
    assert doctored != TEXTS

    assert any(complaint in fault for fault in CHECKS[check](contract_text.whole(doctored)))
