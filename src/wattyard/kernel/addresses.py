"""Addresses as they may be shown."""

import re


def without_password(address: str) -> str:
    """Show an address without its secret, before the host or in the query.

    What follows a user's colon is taken as a password up to the last `@`, whatever it holds.
    """
    shown = re.sub(r"(://[^:/@]*):.*@", r"\1:***@", address)
    return re.sub(r"(?i)([?&](?:ssl)?(?:password|apikey|api_key|token)=)[^&]*", r"\1***", shown)
