"""Addresses as they may be shown."""

import re


def without_password(address: str) -> str:
    """Show an address, or several with spaces between them, without secrets.

    What follows a user's colon is taken as a password up to the last `@`, whatever it holds; in the
    query it is what is called so.
    """
    shown = re.sub(r"(://[^:/@\s]*):\S*@", r"\1:***@", address)
    return re.sub(r"(?i)([?&](?:ssl)?(?:password|apikey|api_key|token)=)[^&\s]*", r"\1***", shown)
