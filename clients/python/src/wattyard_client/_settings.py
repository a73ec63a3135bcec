"""What a client is told once: where the server is, who is calling, and how patient to be."""

import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypedDict, Unpack

import httpx2

from wattyard_client._errors import SettingMissing

logger = logging.getLogger("wattyard_client")


class Options(TypedDict, total=False):
    """What a single call, or `with_options`, can have of its own.

    Attributes:
        timeout: seconds without a byte of the answer, or an `httpx2.Timeout`.
        retries: how often a call is repeated that may succeed later.
        headers: further headers.
        idempotency_key: the name of a POST, so that it is done once however often it is sent
            (the client makes one for each call otherwise).
        if_match: the ETag that an object must still have for a change.
        if_none_match: the ETag that is known; `NotModified` is raised where it is still right.
    """

    timeout: float | httpx2.Timeout
    retries: int
    headers: Mapping[str, str]
    idempotency_key: str
    if_match: str
    if_none_match: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the server is, who is calling, and how patient to be."""

    url: str
    account_id: str
    secret_key: str = field(repr=False)
    timeout: float | httpx2.Timeout = 30.0
    retries: int = 3
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, url: str | None, account_id: str | None, secret_key: str | None) -> "Settings":
        """Fill in from `WATTYARD_URL`, `WATTYARD_ACCOUNT_ID` and `WATTYARD_SECRET_KEY`.

        Raises:
            SettingMissing: when one of them is neither given nor in the environment.
        """
        given = {"url": url, "account_id": account_id, "secret_key": secret_key}
        for name, value in given.items():
            variable = f"WATTYARD_{name.upper()}"
            found = value or os.environ.get(variable)
            if not found:
                raise SettingMissing(f"{name} is needed: give it, or set {variable}")
            given[name] = found
        return cls(
            str(given["url"]).rstrip("/"), str(given["account_id"]), str(given["secret_key"])
        )

    def with_options(self, **options: Unpack[Options]) -> "Settings":
        """Change time-out, retries and headers for every call."""
        headers = {**self.headers, **lowered(options.get("headers", {}))}
        for name in ("if_match", "if_none_match", "idempotency_key"):
            if name in options:
                raise TypeError(f"{name} belongs to a single call: give it in its options")
        return replace(
            self,
            timeout=options.get("timeout", self.timeout),
            retries=options.get("retries", self.retries),
            headers=headers,
        )


def lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """Write the names of headers in lower case, so that one replaces another."""
    return {name.lower(): value for name, value in headers.items()}


def log_as_asked() -> None:
    """Log to standard error at the level that `WATTYARD_LOG` names (debug, info, warning)."""
    level = os.environ.get("WATTYARD_LOG", "").upper()
    if level not in ("DEBUG", "INFO", "WARNING") or logger.handlers:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(level)
