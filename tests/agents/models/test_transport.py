"""The one way to a model's server leads nowhere else, and carries the key and nothing that others have put in."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from quaero.agents.models.asking import LanguageModels
from quaero.agents.models.chosen import checked_base_url, may_carry_key, origin_of
from quaero.agents.models.providers import PROVIDERS
from quaero.agents.models.transport import OneServer, Redirected, StrayRequest
from quaero.models.errors import JobFailure
from tests.agents.models.kit import GOOD, ROSES, Gist, GistAgent, GistOptions, MemoryDoor, model_at
from tests.agents.models.servers import Answer, ModelServer


class Recording(httpx2.AsyncBaseTransport):
    def __init__(self, status: int = 200) -> None:
        self.sent: list[httpx2.Request] = []
        self._status = status

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.sent.append(request)
        return httpx2.Response(self._status, headers={"location": "https://evil.example/"}, stream=Nothing())


class Nothing(httpx2.AsyncByteStream):
    pass


async def send(base_url: str, url: str, inner: Recording, **headers: str) -> httpx2.Response:
    transport = OneServer(base_url, {"x-api-key": "the-key"}, inner)
    return await transport.handle_async_request(httpx2.Request("POST", url, headers=headers))


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://models.example/v1", "https://models.example/v1/chat"),
        ("https://models.example:443/v1", "https://models.example/v1/chat"),
        ("https://models.example/v1", "https://models.example:443/v1/chat"),
        ("HTTPS://Models.Example/v1", "https://models.example/v1/chat"),
        ("http://[::1]:8080", "http://[::1]:8080/v1/chat"),
    ],
)
async def test_what_lies_below_the_address_is_sent(base: str, url: str) -> None:
    inner = Recording()
    await send(base, url, inner)

    assert len(inner.sent) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/v1/chat",
        "http://models.example/v1/chat",
        "https://models.example:8443/v1/chat",
        "https://models.example.evil.example/v1/chat",
        "https://models.example@evil.example/v1/chat",
        "https://models.example/other",
        "https://models.example/v1",
        "https://models.example/v10/chat",
    ],
)
async def test_nothing_else_is_sent(url: str) -> None:
    inner = Recording()
    with pytest.raises(StrayRequest):
        await send("https://models.example/v1", url, inner)

    assert not inner.sent


async def test_the_key_takes_the_place_of_what_was_put_in() -> None:
    inner = Recording()
    headers = {
        "x-api-key": "none",
        "authorization": "Bearer other",
        "cookie": "a=b",
        "accept": "application/json",
    }
    await send("https://models.example", "https://models.example/v1", inner, **headers)

    assert dict(inner.sent[0].headers) == {
        "host": "models.example",
        "accept": "application/json",
        "x-api-key": "the-key",
        "accept-encoding": "identity",
        "user-agent": "Quaero",
        "content-length": "0",
    }


def self_signed(folder: Path) -> ssl.SSLContext:
    """A certificate for 127.0.0.1 that nobody but the server itself vouches for."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    dated = made.serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = dated.add_extension(address, critical=False).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "server.pem"
    file.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@pytest.mark.parametrize("vouched_for", [True, False])
async def test_a_server_gets_the_key_only_with_a_certificate_that_somebody_vouches_for(
    models: LanguageModels, tmp_path: Path, vouched_for: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = self_signed(tmp_path)
    if vouched_for:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    async with ModelServer(Answer(GOOD)).running(certificate) as server:
        asking = models.ask(
            GistAgent(), ROSES, GistOptions(), model_at(server.url, auth="key"), MemoryDoor(stored="the-key")
        )
        if vouched_for:
            assert await asking == Gist(gist="It is about roses.", words=["roses"])
            assert server.asked[0].headers["Authorization"] == "Bearer the-key"
        else:
            with pytest.raises(JobFailure) as error:
                await asking
            assert error.value.code == "model_unreachable"
            assert not server.asked


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_comes_through(status: int) -> None:
    with pytest.raises(Redirected):
        await send("https://models.example", "https://models.example/v1", Recording(status))


@pytest.mark.parametrize(
    ("url", "origin", "safe"),
    [
        ("https://models.example/v1", "https://models.example", True),
        ("https://models.example:443/v1", "https://models.example", True),
        ("https://Models.example:8443", "https://models.example:8443", True),
        ("http://localhost:11434/v1", "http://localhost:11434", True),
        ("http://127.0.0.1:80", "http://127.0.0.1", True),
        ("http://[::1]:8080/v1", "http://[::1]:8080", True),
        ("http://models.example/v1", "http://models.example", False),
        ("http://127.0.0.1.evil.example", "http://127.0.0.1.evil.example", False),
        ("http://192.168.1.5:8000/v1", "http://192.168.1.5:8000", False),
    ],
)
def test_where_a_key_may_go(url: str, origin: str, safe: bool) -> None:
    base_url = checked_base_url(PROVIDERS["openai-compatible"], url)

    assert origin_of(base_url) == origin
    assert may_carry_key(base_url) is safe


def test_each_provider_has_an_address_that_a_key_may_go_to() -> None:
    for provider in PROVIDERS.values():
        if provider.base_url is not None:
            assert checked_base_url(provider, None) == provider.base_url
            assert may_carry_key(provider.base_url)
            assert provider.variables
