"""Where the dashboard is, and which requests come from its own pages (contract 9, People)."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Self
from urllib.parse import urlsplit

from wattyard.kernel.refusals import Refusal
from wattyard.platform.http import Call
from wattyard.platform.settings import Settings
from wattyard.web.dashboard.declare import DashboardPage

_SECURE_COOKIE: Final = "__Host-wattyard"
_PLAIN_COOKIE: Final = "wattyard"
_COOKIE_SECONDS: Final = 30 * 24 * 3600
"""The server ends a session that is idle; a cookie that ends sooner would end one in use."""
_USUAL_PORTS: Final = {"http": ":80", "https": ":443"}
"""Browsers leave them out of an origin."""


class ForeignRequest(Refusal):
    """A change was asked for by something else than a page of this dashboard."""

    code = "foreign_request"


class ConnectionInsecure(Refusal):
    """The dashboard would send a session over a network in the clear."""

    code = "connection_insecure"


@dataclass(frozen=True, slots=True)
class DashboardAddress:
    """Where people find the dashboard.

    Attributes:
        origin: scheme, host and port of `WATTYARD_PUBLIC_URL`; empty where that is not set.
        prefix: its path, without a slash at the end.
        insecure: whether plain HTTP is taken from elsewhere than this machine.
    """

    origin: str = ""
    prefix: str = ""
    insecure: bool = False

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Read it from the settings."""
        parts = urlsplit(settings.public_url)
        host = parts.netloc.removesuffix(_USUAL_PORTS.get(parts.scheme, ""))
        origin = f"{parts.scheme}://{host}" if host else ""
        return cls(origin, settings.prefix, bool(settings.insecure_dashboard))

    @property
    def is_secure(self) -> bool:
        """Whether people come by https."""
        return self.origin.startswith("https://")

    @property
    def cookie(self) -> str:
        """The name of the session's cookie."""
        return _SECURE_COOKIE if self.is_secure else _PLAIN_COOKIE

    def session_token(self, call: Call) -> str:
        """The session's token as the call's cookie has it; empty where there is none."""
        return cookie_of(call, self.cookie)

    def session_cookie(self, token: str) -> tuple[bytes, bytes]:
        """The header that gives a browser its session; an empty token takes it away."""
        seconds = _COOKIE_SECONDS if token else 0
        secure = "; Secure" if self.is_secure else ""
        text = f"{self.cookie}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
        return (b"set-cookie", text.encode())

    def check_secure(self, call: Call) -> None:
        """Judge whether a session may travel the way that the call came.

        Raises:
            ConnectionInsecure: over plain HTTP from elsewhere, unless the operator allows it.
        """
        if self.is_secure or self.insecure or _is_loopback(_host_of(call)):
            return
        raise ConnectionInsecure(
            "people cannot log in here, because this page came by plain HTTP: put the server "
            "behind a proxy with https and set WATTYARD_PUBLIC_URL to its address, or set "
            "WATTYARD_INSECURE_DASHBOARD=1 on a network that you trust"
        )

    def check_own(self, call: Call, page: DashboardPage) -> None:
        """Judge whether a change was asked for by a page of this dashboard.

        A page that sends no referrer sends `Origin: null` (Fetch, section 3.1). Over plain HTTP
        from elsewhere, browsers send no `Sec-Fetch-Site` (Fetch Metadata, section 2): the origin
        counts alone there, and for a link its secret.

        Raises:
            ForeignRequest: when it was not.
        """
        origin, site = call.header(b"origin") or "", call.header(b"sec-fetch-site")
        own = origin == (self.origin or f"http://{call.header(b'host') or ''}")
        if site is None and self._is_plain(call):
            own = own or (origin == "null" and page.secret_path)
        else:
            unnamed = origin == "null" and (page.secret_path or page.from_secret_path)
            own = site == "same-origin" and (own or unnamed)
        if not own:
            raise ForeignRequest(
                "this request does not come from a page of this dashboard"
                + (f" at {self.origin}" if self.origin else "")
                + ": open the page again and repeat what you did"
            )

    def _is_plain(self, call: Call) -> bool:
        """Whether the call came over a network in the clear, and the operator allows it."""
        return self.insecure and not self.is_secure and not _is_loopback(_host_of(call))


def cookie_of(call: Call, name: str) -> str:
    """The value of a cookie; empty where the call has none."""
    for part in (call.header(b"cookie") or "").split(";"):
        found, _, value = part.strip().partition("=")
        if found == name:
            return value
    return ""


def _host_of(call: Call) -> str:
    try:
        return urlsplit(f"//{call.header(b'host') or ''}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
