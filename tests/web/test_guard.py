"""What keeps the server standing: limits on how often, how much and how slowly; and how refusals look to people."""

import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from quaero.settings import WebSettings
from quaero.web import bodies, guard, protocol
from quaero.web.bodies import too_deep
from quaero.web.limits import MOST_REMEMBERED, Allowance, Known
from tests.web.serving import SECONDS, TOKEN, Served, served_at
from tests.web.wire import read_answer, request


def port_of(served: Served) -> int:
    port = urlsplit(served.url).port
    assert port is not None
    return port


def test_an_allowance_is_spent_at_once_and_comes_back_with_time() -> None:
    now = [0.0]
    allowance = Allowance(2, 0.5, lambda: now[0])
    for _ in range(2):
        assert allowance.wait("a") == 0
        allowance.take("a")
    assert allowance.wait("a") == 2.0
    assert allowance.wait("b") == 0
    now[0] = 2.0
    assert allowance.wait("a") == 0
    now[0] = 1_000.0
    allowance.take("a")
    allowance.take("a")
    assert allowance.wait("a") == 2.0, "it never holds more than the burst"


def test_only_so_many_addresses_are_remembered() -> None:
    allowance, known = Allowance(1, 1, lambda: 0.0), Known()
    for number in range(MOST_REMEMBERED + 1):
        allowance.take(str(number))
        known.add(str(number))
    assert allowance.wait("0") == 0
    assert allowance.wait("1") > 0
    assert "0" not in known
    assert "1" in known


def test_wrong_tokens_are_soon_not_looked_at_any_more(served: Served) -> None:
    with served.client(token="wrong") as guesser:  # noqa: S106 - as it says
        for _ in range(guard.GUESSES_AT_ONCE - 1):
            assert guesser.get("/api/version").json()["code"] == "token_wrong"
        assert guesser.post("/api/session", json={"token": "wrong"}).status_code == 401
        refused = guesser.get("/api/version")
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
        assert 1 <= int(refused.headers["retry-after"]) <= 5
        assert guesser.post("/api/session", json={"token": "wrong"}).status_code == 429
        assert guesser.get("/api/health").status_code == 200
    with served.client() as owner:
        assert owner.get("/api/version").status_code == 429, "guesses are not looked at, good or not"


def test_who_has_shown_the_token_is_not_held_up_by_guesses(served: Served) -> None:
    with served.client() as owner, served.client(token="wrong") as guesser:  # noqa: S106
        assert owner.get("/api/version").status_code == 200
        for _ in range(2 * guard.GUESSES_AT_ONCE):
            assert guesser.get("/api/version").status_code == 401
        assert owner.get("/api/version").status_code == 200


def test_too_many_requests_of_one_address_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setattr(guard, "REQUESTS_AT_ONCE", 3)
    monkeypatch.setattr(guard, "REQUESTS_PER_SECOND", 0.001)
    web = WebSettings(trusted_proxies=("127.0.0.1",))
    with served_at(f"sqlite:///{tmp_path_factory.mktemp('limit')}/web.db", web=web) as served:
        with served.client(**{"x-forwarded-for": "1.1.1.1, 192.0.2.7"}) as client:
            assert [client.get("/api/version").status_code for _ in range(4)] == [200, 200, 200, 429]
        with served.client(**{"x-forwarded-for": "192.0.2.7, 192.0.2.8"}) as other:
            assert other.get("/api/version").status_code == 200, "the proxy wrote the last one"


def test_a_body_that_takes_too_long_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setattr(bodies, "SECONDS", 0.2)
    with served_at(f"sqlite:///{tmp_path_factory.mktemp('slow')}/web.db") as served:
        head = [("Content-Length", "100"), ("Content-Type", "application/json")]
        port = port_of(served)
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
            connection.sendall(request(port, "PUT", "/api/variables/x", head) + b'{"value":')
            answer = read_answer(connection)
    assert (answer.status, answer.code) == (408, "body_too_slow")


def test_a_head_that_takes_too_long_ends_the_connection(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.2)
    with served_at(f"sqlite:///{tmp_path_factory.mktemp('slow')}/web.db") as served:
        with socket.create_connection(("127.0.0.1", port_of(served)), timeout=SECONDS) as connection:
            connection.sendall(b"GET /api/health HTTP/1.1\r\nHost: 127")
            assert connection.recv(100) == b""
        with socket.create_connection(("127.0.0.1", port_of(served)), timeout=SECONDS) as connection:
            good = request(port_of(served), "GET", "/api/health", [("Connection", "keep-alive")])
            connection.sendall(good)
            received = b""
            while not received.endswith(b'{"status":"ok"}'):
                received += connection.recv(10_000)
            connection.sendall(b"GET /api/he")
            assert connection.recv(100) == b"", "nor may the second one"


def test_depth_is_counted_outside_of_texts() -> None:
    assert not too_deep(b'"' + b"[" * 1_000 + b'"')
    assert not too_deep(b"[]" * 1_000)
    assert not too_deep(b'"\\"' + b"[" * 1_000 + b'"')
    assert too_deep(b'{"a": "\\\\"' + b"[" * 64 + b"}")
    assert too_deep(b"[{" * 33)


def test_a_head_alone_is_answered_as_the_page_would_be(served: Served) -> None:
    with served.client() as client:
        for path in ("/", "/api/version", "/api/health"):
            whole, head = client.get(path), client.head(path)
            assert head.status_code == whole.status_code == 200
            assert head.content == b""
            assert head.headers["content-type"] == whole.headers["content-type"]


def test_every_answer_carries_the_strict_headers(served: Served) -> None:
    with served.client() as client, served.client(token=None) as stranger:
        for answer in (
            client.get("/"),
            client.get("/api/version"),
            client.get("/nothing"),
            stranger.get("/api/x"),
        ):
            assert answer.headers.items() >= guard.HEADERS.items()
            assert answer.headers["cache-control"] == "no-store"
            assert "server" not in answer.headers
            assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_scheme_counts_only_from_a_trusted_proxy(served: Served) -> None:
    with served.client(**{"x-forwarded-proto": "https"}) as client:
        answer = client.post("/api/session", json={"token": TOKEN})
    assert "secure" not in answer.headers["set-cookie"].lower()
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert "samesite=strict" in answer.headers["set-cookie"].lower()


def test_what_is_not_there_is_said_on_a_page_to_people(
    page: Page, served: Served, picture: Callable[..., Path]
) -> None:
    answer = page.goto(f"{served.url}/nothing/here")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    expect(page.get_by_role("link", name="not_found")).to_have_attribute("href", "/help/errors/not_found")
    picture(page)
