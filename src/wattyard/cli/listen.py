"""`wattyard listen`: follow an account's events, and forward them to a receiver on this machine."""

import asyncio
import base64
import binascii
import secrets
from typing import Annotated

import typer

from wattyard.cli.options import (
    ACCOUNT_VARIABLES,
    KEY_VARIABLES,
    SERVER_VARIABLES,
    CommandFailed,
)
from wattyard.cli.printing import say
from wattyard.events.service.signer import SECRET_PREFIX, shown_secret


def listen(
    account_id: Annotated[str, typer.Option("--account", help="acc_…", envvar=ACCOUNT_VARIABLES)],
    key: Annotated[str, typer.Option("--key", help="sk_…", envvar=KEY_VARIABLES)],
    server: Annotated[
        str, typer.Option("--server", help="Address of the server.", envvar=SERVER_VARIABLES)
    ] = "http://127.0.0.1:8080",
    forward: Annotated[
        str | None, typer.Option("--forward", help="POST each event to this address.")
    ] = None,
    secret: Annotated[
        str | None, typer.Option("--secret", help="whsec_… to sign forwarded events with.")
    ] = None,
) -> None:
    """Follow the events of an account until Ctrl-C, and forward them as webhooks.

    The Flatpeak headers come from the server, the Standard Webhooks headers are signed here.
    """
    # The HTTP client takes a fifth of a second that no other command needs.
    from wattyard.cli.following import Followed, follow_until_stopped  # noqa: PLC0415

    followed = Followed(server.rstrip("/"), account_id, key, forward, _secret(secret))
    if forward and not secret:
        say(f"webhook-signature is made with the secret {shown_secret(followed.secret)}")
    asyncio.run(follow_until_stopped(followed))


def _secret(text: str | None) -> bytes:
    if text is None:
        return secrets.token_bytes(32)
    try:
        return base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise CommandFailed("--secret must be whsec_ followed by base64, as it was shown") from None
