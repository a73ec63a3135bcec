"""The primary and the standby that tests fail over: what is written arrives, and one takes over."""

from pathlib import Path

from tests.support.clusters import pair, wait_for
from tests.support.made import Made


def test_a_standby_follows_its_primary_and_takes_over(made: Made, tmp_path: Path) -> None:
    with pair(made, tmp_path) as servers:
        servers.replicate_synchronously()
        servers.first.ask("CREATE TABLE kept (n int)")
        servers.first.ask("INSERT INTO kept VALUES (1)")
        wait_for(lambda: servers.second.ask("SELECT to_regclass('kept') IS NOT NULL"))
        wait_for(lambda: servers.second.ask("SELECT count(*) FROM kept") == 1)
        servers.first.kill()
        servers.second.promote()
        servers.second.ask("INSERT INTO kept VALUES (2)")
        assert servers.second.ask("SELECT count(*) FROM kept") == 2
        assert servers.second.ask("SELECT count(*) FROM accounts") > 0
