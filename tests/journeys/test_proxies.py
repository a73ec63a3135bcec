"""The lines of the handbook for nginx and Caddy, with the programs themselves before a server."""

import asyncio
import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.clusters import free_port
from tests.support.contract_text import ROOT
from tests.support.made import Made
from tests.support.process import WATTYARD, Server

PAGE: Final = (ROOT / "docs" / "operations" / "proxies.md").read_text()
CLIENT: Final = "127.0.0.9"
"""Where clients come from: a machine that is no proxy."""
INVENTED: Final = {"X-Forwarded-For": "203.0.113.1", "Forwarded": "for=203.0.113.2"}


def lines(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    return folder / "cert.pem", folder / "key.pem"


def nginx(folder: Path, port: int, upstream: str) -> list[str]:
    cert, key = certificate(folder)
    site = lines("nginx").replace("127.0.0.1:8080", upstream).replace("    http2 on;\n", "")
    site = site.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    site = re.sub(r"/etc/letsencrypt/\S*fullchain.pem", str(cert), site)
    site = re.sub(r"/etc/letsencrypt/\S*privkey.pem", str(key), site)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off;\nworker_processes 1;\npid {folder}/pid;\nerror_log stderr;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{folders}{site}}}\n"
    )
    return ["nginx", "-c", str(configuration), "-p", str(folder), "-e", "stderr"]


def caddy(folder: Path, port: int, upstream: str) -> list[str]:
    cert, key = certificate(folder)
    site = lines("caddy").replace("127.0.0.1:8080", upstream)
    site = site.replace(
        "energy.example.com {", f"https://127.0.0.1:{port} {{\n    tls {cert} {key}"
    )
    configuration = folder / "Caddyfile"
    configuration.write_text(f"{{\n    admin off\n    auto_https disable_redirects\n}}\n{site}")
    return ["caddy", "run", "--config", str(configuration), "--adapter", "caddyfile"]


class Behind:
    """A server behind a proxy, asked by a client of another address."""

    def __init__(self, address: str, account: Any, database: str) -> None:
        transport = httpx.HTTPTransport(local_address=CLIENT, verify=False, retries=0)
        self.http = httpx.Client(transport=transport, base_url=address, timeout=60)
        self.http.headers["Authorization"] = f"Bearer {account['keys']['test']}"
        self._account_id, self._database = account["account_id"], database

    def addresses(self) -> set[str]:
        """The addresses of clients in the request log of the account."""

        async def read() -> set[str]:
            connection = await asyncpg.connect(self._database)
            try:
                rows = await connection.fetch(
                    "SELECT DISTINCT r.address FROM requests r JOIN accounts a USING (account) "
                    "WHERE a.id = $1",
                    self._account_id.removeprefix("acc_"),
                )
            finally:
                await connection.close()
            return {row["address"] for row in rows}

        return asyncio.run(read())


@pytest.fixture(scope="module")
def upstream(
    made: Made, postgres: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, str]]:
    url = made.database(postgres, "proxies")
    settings = {
        "WATTYARD_TRUSTED_PROXIES": "127.0.0.1/32",
        "WATTYARD_PUBLIC_URL": "https://energy.example.com",
        "WATTYARD_REQUEST_LOG": "all",
    }
    folder = tmp_path_factory.mktemp("proxies")
    with Server(folder, "--database", url, "--no-worker", settings=settings) as server:
        yield server, url


@pytest.fixture(params=[nginx, caddy], ids=["nginx", "caddy"])
def behind(
    request: pytest.FixtureRequest, upstream: tuple[Server, str], tmp_path: Path
) -> Iterator[Behind]:
    program: Callable[[Path, int, str], list[str]] = request.param
    if shutil.which(program.__name__) is None:
        pytest.skip(f"{program.__name__} is not installed (apt-get install {program.__name__})")
    server, url = upstream
    port = free_port()
    command = program(tmp_path, port, server.address.removeprefix("http://"))
    environment = {"PATH": "/usr/sbin:/usr/bin", "HOME": str(tmp_path)}
    log = (tmp_path / "log").open("w")
    proxy = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        listening(port, proxy, tmp_path / "log")
        client = Behind(f"https://127.0.0.1:{port}", account_of(url), url)
        with client.http:
            yield client
    finally:
        proxy.terminate()
        proxy.wait(60)
        log.close()


def account_of(url: str) -> Any:
    """A new account with its secrets, made at the command line."""
    done = subprocess.run(
        [*WATTYARD, "account", "create", "--name", "x", "--json", "--database", url],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return json.loads(done.stdout)


def listening(port: int, proxy: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until a proxy listens."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert proxy.poll() is None, log.read_text()
        with socket.socket() as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def test_a_client_behind_a_proxy_is_seen_and_metrics_and_streams_work(behind: Behind) -> None:
    http = behind.http
    assert http.get("/sites").status_code == 200
    assert http.get("/sites", headers=INVENTED).status_code == 200
    assert http.get("/metrics").status_code == 404
    body, of_json = b"[" + b" " * (2 << 20) + b"]", {"Content-Type": "application/json"}
    large = http.put("/meters/interval", content=body, headers=of_json)
    assert large.status_code == 200, large.text
    with http.stream("GET", "/events/stream", headers={"Accept": "text/event-stream"}) as stream:
        assert stream.status_code == 200
        made = http.post("/customers", json={"reference_id": "c-1"})
        assert made.status_code == 201
        assert any(made.json()["id"] in line for line in stream.iter_lines())

    deadline = time.monotonic() + 60
    while not (found := behind.addresses()) and time.monotonic() < deadline:
        time.sleep(0.1)  # the request log is written every half second
    assert found == {CLIENT}
