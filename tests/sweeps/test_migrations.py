"""Each migration says which programs work with it, and does nothing that they do not survive."""

from importlib.resources import files
from itertools import pairwise

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from tests.support.migration_rules import faults

_VERSIONS = files("wattyard.migrations") / "versions"
_HEAD = 'revision = "0011"\ndown_revision = "0010"\n'
_EXPANDS = _HEAD + 'WORKS_WITH = "0010"\n'


def test_every_migration_expands_or_says_that_it_contracts() -> None:
    texts = [file.read_text() for file in _VERSIONS.iterdir() if file.name[:4].isdigit()]
    assert len(texts) >= 10
    assert [fault for text in texts for fault in faults(text)] == []


def test_a_later_schema_never_works_with_earlier_programs_than_the_one_before() -> None:
    config = Config()
    config.set_main_option("script_location", str(_VERSIONS.parent))  # type: ignore[attr-defined]
    later_first = ScriptDirectory.from_config(config).walk_revisions()
    floors = [script.module.WORKS_WITH for script in later_first]
    assert all(later >= earlier for later, earlier in pairwise(floors))


@pytest.mark.parametrize(
    ("planted", "expected"),
    [
        (_HEAD, "WORKS_WITH"),
        (_HEAD + 'WORKS_WITH = "0012"', "later programs only"),
        (_EXPANDS + 'op.execute("DROP TABLE tariffs")', "drops"),
        (_EXPANDS + 'op.execute("ALTER TABLE sites DROP COLUMN status")', "drops"),
        (_EXPANDS + 'op.execute("ALTER TABLE sites RENAME COLUMN a TO b")', "renames"),
        (_EXPANDS + 'op.execute("ALTER TABLE a ALTER COLUMN b SET NOT NULL")', "mandatory"),
        (_EXPANDS + 'op.execute("ALTER TABLE a ADD COLUMN b text NOT NULL")', "mandatory column"),
        (_EXPANDS + 'op.execute("ALTER TABLE a ALTER COLUMN b TYPE bigint")', "changes a type"),
        (_EXPANDS + 'op.execute("UPDATE events SET a = 1")', "in_batches"),
        (_EXPANDS + 'op.execute("CREATE INDEX a ON events (b)")', "make_index"),
    ],
)
def test_a_planted_fault_is_found(planted: str, expected: str) -> None:
    (fault,) = faults(planted)
    assert expected in fault


@pytest.mark.parametrize(
    "sound",
    [
        "op.execute(\"ALTER TABLE a ADD COLUMN b text NOT NULL DEFAULT ''\")",
        'op.execute("ALTER TABLE a ADD COLUMN b text")',
        'STATEMENTS = ("CREATE TABLE n (a text NOT NULL)", "CREATE INDEX i ON n (a)")',
        'steps.in_batches("UPDATE events SET a = 1 WHERE id IN (SELECT 1 LIMIT :rows)")',
        'steps.make_index("a", "events (b)")',
    ],
)
def test_what_expands_is_let_through(sound: str) -> None:
    assert faults(_EXPANDS + sound) == []


def test_what_contracts_may_drop() -> None:
    assert faults(_HEAD + 'WORKS_WITH = "0011"\nop.execute("DROP TABLE tariffs")') == []
