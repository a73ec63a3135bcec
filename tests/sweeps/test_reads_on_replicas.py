"""Which endpoints are read on replicas: those of known callers that change nothing, save a few."""

from wattyard.app import ENDPOINTS
from wattyard.platform.http import Access
from wattyard.platform.http.declare import Effect

ON_THE_PRIMARY = {
    "account_retrieve",  # whether the account may still call
    "key_retrieve",  # whether the key still counts
    "event_stream",  # woken by the primary
    "webhook_delivery_list",  # claims are committed before they are on the disk
}
READ = {"site_list", "price_list", "price_audit", "price_series", "cost_interval", "schedule_site"}


def test_what_reads_is_read_on_replicas_unless_it_says_why_not() -> None:
    reads = {one.operation for one in ENDPOINTS if one.reads_replicas}
    known = [one for one in ENDPOINTS if one.access is Access.BEARER]
    only_read = {one.operation for one in known if one.method == "GET" or one.effect is COMPUTES}
    assert reads == only_read - ON_THE_PRIMARY
    assert reads > READ


def test_what_changes_anything_or_judges_keys_is_not_read_on_replicas() -> None:
    for one in ENDPOINTS:
        if one.reads_replicas:
            assert one.effect not in (Effect.WRITES, Effect.EXTERNAL)
            assert one.access is Access.BEARER
            assert not one.events
            assert not one.shows_secret


COMPUTES = Effect.COMPUTES
