"""Events: the log of changes, its streams, and webhooks."""

import random
import secrets
from datetime import timedelta
from typing import Final

from wattyard.events.adapters import ps256
from wattyard.events.adapters.registration import Registration
from wattyard.events.routes import ENDPOINTS
from wattyard.events.service import (
    ENCRYPTED,
    Deliveries,
    Endpoints,
    EndpointSecrets,
    Events,
    Outbox,
    Retention,
    SigningKeys,
    Streams,
    WebhookSigner,
)
from wattyard.events.wire.keys import PublicKeys
from wattyard.events.wire.log import event_json
from wattyard.events.wire.webhooks import endpoint_json
from wattyard.kernel.context import Contexts
from wattyard.platform.composition import Capability
from wattyard.platform.db import Database
from wattyard.platform.db.personal_rows import LogTable
from wattyard.platform.encryption import Keyring
from wattyard.platform.http.releases import RELEASE
from wattyard.platform.outbound.addresses import AddressPolicy
from wattyard.platform.outbound.lookup import SystemLookup
from wattyard.platform.settings import Settings
from wattyard.platform.telemetry import Telemetry
from wattyard.platform.work import Job, Periodic

_FORGET_SECONDS: Final = 3600.0


def events(db: Database, telemetry: Telemetry) -> Events:
    return Events(db, telemetry.recorded)


def address_policy(settings: Settings) -> AddressPolicy:
    return AddressPolicy.read(settings.webhook_allow)


def endpoints(
    log: Events,
    lookup: SystemLookup,
    policy: AddressPolicy,
    kept: EndpointSecrets,
    settings: Settings,
) -> Endpoints:
    reach = Registration(lookup, policy)
    return Endpoints(log, endpoint_json, reach, secrets.token_bytes, kept, settings.caps)


def signing_keys(log: Events, keyring: Keyring) -> SigningKeys:
    return SigningKeys(log, ps256.make_key, keyring)


def signer(keys: SigningKeys) -> WebhookSigner:
    return WebhookSigner(keys, event_json, ps256.sign, release=RELEASE)


def outbox(log: Events) -> Outbox:
    return Outbox(log, endpoint_json)


def retention(log: Events, settings: Settings) -> Retention:
    return Retention(log, timedelta(days=settings.event_days))


def public_keys() -> PublicKeys:
    return PublicKeys(ps256.public_numbers)


def delivery(  # noqa: PLR0913 (each is a service)
    waiting: Outbox,
    signer: WebhookSigner,
    kept: EndpointSecrets,
    streams: Streams,
    lookup: SystemLookup,
    policy: AddressPolicy,
    telemetry: Telemetry,
    contexts: Contexts,
) -> Job:
    """Deliver webhooks."""
    # The HTTP client is loaded only where it is used: it takes 15 MiB.
    from wattyard.events.adapters.sender import Sender  # noqa: PLC0415
    from wattyard.events.jobs.delivery import DeliveryDependencies, DeliveryJob  # noqa: PLC0415

    return DeliveryJob(
        DeliveryDependencies(
            waiting,
            signer,
            kept,
            lambda: Sender(lookup, policy),
            streams.listener,
            contexts,
            random.random,
            telemetry.attempted,
        )
    )


def forgetting(old: Retention, db: Database, contexts: Contexts) -> Job:
    """Delete events that have been kept long enough."""
    name = "wattyard: forgetting old events"
    return Periodic(
        "forgetting old events",
        _FORGET_SECONDS,
        lambda: old.forget(contexts.operator()),
        alone=lambda: db.alone(name),
    )


EVENTS: Final = Capability(
    name="events",
    id_prefixes=("evt", "whe", "whd"),
    provides=(
        events,
        address_policy,
        SystemLookup,
        EndpointSecrets,
        endpoints,
        Deliveries,
        signing_keys,
        signer,
        outbox,
        Streams,
        retention,
        public_keys,
    ),
    endpoints=ENDPOINTS,
    jobs=(delivery, forgetting),
    encrypted=ENCRYPTED,
    inspected=(Outbox,),
    measured=(Outbox, Retention),
    personal=(LogTable("events", ("object_id", "data")),),
)
