"""Secrets in the database: encrypted, bound to their row, and lost on nobody who has the key."""

import asyncio
import base64
import re
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.process import ENCRYPTION_KEY
from tests.support.world import SETTINGS, World
from wattyard import app
from wattyard.app import ENCRYPTED
from wattyard.events.service import SigningKeys
from wattyard.kernel.context import Contexts
from wattyard.kernel.ids import SortedIds
from wattyard.platform.db import Database, schema
from wattyard.platform.encryption import (
    EncryptionKeyMissing,
    EncryptionKeyUnknown,
    Keyring,
    key_file,
    keyring,
    registry,
)
from wattyard.platform.settings import SettingInvalid, Settings

OLD, NEW = ENCRYPTION_KEY, keyring.new_key()


@given(st.binary(max_size=200), st.text(max_size=40))
def test_what_is_encrypted_is_read_with_any_key_of_the_ring(secret: bytes, purpose: str) -> None:
    value = Keyring.read(OLD).encrypt(secret, purpose)
    assert secret not in value or len(secret) < 4
    assert Keyring.read(f"{NEW}, {OLD}").decrypt(value, purpose) == secret
    with pytest.raises(EncryptionKeyUnknown):
        Keyring.read(NEW).decrypt(value, purpose)
    with pytest.raises(EncryptionKeyUnknown):
        Keyring.read(OLD).decrypt(value, purpose + "x")
    with pytest.raises(EncryptionKeyUnknown):
        Keyring.read(OLD).decrypt(value[:-1] + bytes([value[-1] ^ 1]), purpose)
    with pytest.raises(EncryptionKeyMissing):
        Keyring().decrypt(value, purpose)


@pytest.mark.parametrize("text", ["short", "A" * 44 + "!", "c2hvcnQ=", "é" * 44])
def test_what_is_no_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(SettingInvalid, match="32 bytes in base64") as refused:
        Keyring.read(text)
    assert text not in str(refused.value)
    assert text not in repr(Settings(encryption_key=text))


def test_a_data_folder_gets_a_key_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = key_file.made_in(tmp_path)
    first = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert key_file.made_in(tmp_path).read_text() == first
    assert [one.name for one in tmp_path.iterdir()] == ["encryption-key"]
    ring = key_file.keyring_of(Settings(encryption_key_file=str(path)))
    assert len(ring.ids) == 1


@pytest.mark.parametrize("text", [None, "", "# nothing but a remark\n"])
def test_a_key_file_without_a_key_is_named(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "key"
    if text is not None:
        path.write_text(text)
    with pytest.raises(SettingInvalid, match=f"WATTYARD_ENCRYPTION_KEY_FILE: {path}"):
        key_file.keyring_of(Settings(encryption_key_file=str(path)))


async def everything(db: Database) -> str:
    """All that is kept in the tables of secrets, as hexadecimal text."""
    async with db.reading() as reading:
        found = []
        for table in ("webhook_endpoints", "signing_keys", "token_secrets", "market_sources"):
            rows = await reading.fetch(f"SELECT to_jsonb(t)::text FROM {table} t")
            found += [row[0] for row in rows]
    return "".join(found)


@pytest.fixture
async def fresh(postgres: str) -> Any:
    """A database of this test's own, to encrypt all of it anew."""

    name = "encryption"
    url = re.sub(r"/wattyard\?", f"/{name}?", postgres)
    connection = await asyncpg.connect(postgres)
    await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await connection.execute(f"CREATE DATABASE {name}")
    await asyncio.to_thread(schema.migrate, url)
    db = Database(url, connections=4)
    await db.open()
    yield db
    await db.close()
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


def contexts_at(clock: Any) -> Contexts:
    return Contexts(clock, SortedIds(clock))


def ring_of(*keys: str) -> Keyring:
    return Keyring.read(" ".join(keys))


async def test_no_secret_is_kept_as_it_is(fresh: Database, clock: Any) -> None:
    async with World(fresh, clock) as world:
        tenant = await world.tenant()
        made = await tenant.make("/webhook-endpoints", {"url": "http://127.0.0.1:9/"})
        key = await world.services.get(SigningKeys).present(world.context)
        await registry.apply(fresh, world.services.get(Keyring), ENCRYPTED)
        kept = await everything(fresh)

    secret = base64.b64decode(made["secret"].removeprefix("whsec_"))
    assert secret.hex() not in kept
    assert key.private_key.hex()[:60] not in kept
    assert await registry.complaints(fresh, ring_of(OLD), ENCRYPTED) == []


async def test_what_an_earlier_release_kept_is_read_named_and_encrypted(
    fresh: Database, clock: Any
) -> None:
    async with World(fresh, clock) as world:
        tenant = await world.tenant()
        made = await tenant.make("/webhook-endpoints", {"url": "http://127.0.0.1:9/"})
        async with fresh.transaction() as db:
            await db.execute(
                "UPDATE webhook_endpoints SET secret = '\\x736563', secret_encrypted = NULL"
            )
            await db.execute(
                "INSERT INTO signing_keys VALUES ('whk_1', 'a private key'::bytea, now())"
            )
        found = await registry.complaints(fresh, ring_of(OLD), ENCRYPTED)
        assert "encryption-key apply" in found[0]
        for name in ("webhook_endpoints", "signing_keys", "token_secrets"):
            assert name in found[0]
        assert (
            await world.services.get(SigningKeys).present(world.context)
        ).private_key == b"a private key"
        assert await registry.apply(fresh, ring_of(OLD), ENCRYPTED) == 3
        assert b"a private key".hex() not in await everything(fresh)
        again = app.services(fresh, SETTINGS, contexts=contexts_at(clock))
        assert (await again.get(SigningKeys).present(world.context)).private_key == b"a private key"
        await world.log_in_again(tenant)  # with the same secret of tokens
        assert (await tenant.get(f"/webhook-endpoints/{made['id']}")).status_code == 200


async def test_a_key_is_rotated_while_both_are_given(fresh: Database, clock: Any) -> None:
    async with World(fresh, clock) as world:
        await registry.check(fresh, world.services.get(Keyring))
        before = await world.services.get(SigningKeys).present(world.context)
    both = Settings(encryption_key=f"{NEW},{OLD}")
    services = app.services(fresh, both, contexts=contexts_at(clock))
    await registry.check(fresh, services.get(Keyring))
    assert await services.get(SigningKeys).present(services.get(Contexts).operator()) == before
    assert await registry.apply(fresh, services.get(Keyring), ENCRYPTED) >= 1
    with pytest.raises(EncryptionKeyUnknown, match="WATTYARD_ENCRYPTION_KEY"):
        await registry.check(fresh, ring_of(OLD))
    await registry.check(fresh, ring_of(NEW))
    after = app.services(fresh, Settings(encryption_key=NEW), contexts=contexts_at(clock))
    assert await after.get(SigningKeys).present(after.get(Contexts).operator()) == before
    assert await registry.apply(fresh, ring_of(NEW), ENCRYPTED) == 0


async def test_a_node_with_another_key_or_none_is_refused_and_told_what_to_do(
    fresh: Database,
) -> None:
    await registry.check(fresh, ring_of(OLD))
    with pytest.raises(EncryptionKeyMissing, match="wattyard encryption-key new"):
        await registry.check(fresh, Keyring())
    with pytest.raises(EncryptionKeyUnknown, match=ring_of(OLD).ids[0]):
        await registry.check(fresh, ring_of(NEW))
    for wrong in (Keyring(), ring_of(NEW)):
        assert "WATTYARD_ENCRYPTION_KEY" in (await registry.complaints(fresh, wrong, ENCRYPTED))[0]
    assert OLD not in str(await registry.complaints(fresh, ring_of(NEW), ENCRYPTED))


async def test_of_two_nodes_with_different_keys_that_start_together_one_is_refused(
    fresh: Database,
) -> None:
    checks = (registry.check(fresh, ring_of(key)) for key in (OLD, NEW))
    ended = await asyncio.gather(*checks, return_exceptions=True)
    assert sorted(type(one) for one in ended if one is not None) == [EncryptionKeyUnknown]
