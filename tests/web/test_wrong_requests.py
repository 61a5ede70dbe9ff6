"""What is refused, with the exact status and code: a table of wrong hosts, origins, tokens, methods, bodies, forms."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

from quaero.store.reads import JobFilter
from tests.web.serving import Served, served_at
from tests.web.wire import Answer, Headers, request, send

DEEP = b'{"value": ' + b"[" * 65 + b"]" * 65 + b"}"
BOMB = b'{"value": ' + b"[" * 400_000 + b"]" * 400_000 + b"}"
VARIABLE = "/api/variables/x"
GATES, AUTH = "/api/gates", "/api/auth"


@dataclass(frozen=True, slots=True)
class Wrong:
    """A request that is good but for one thing, and what it must be answered with."""

    name: str
    status: int
    code: str
    method: str = "GET"
    target: str = "/api/version"
    headers: Headers = ()
    body: bytes = b""
    without: tuple[str, ...] = field(default=())


def hosts() -> Iterator[Wrong]:
    for host in (
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1.evil.example:{port}",
        "localhost.:{port}",
        "localhost:1",
        "[::1",
        "user@127.0.0.1:{port}",
        "127.0.0.1:{port}:80",
        "127.0.0.1:{port}/x",
        "0.0.0.0:{port}",
        "2130706433:{port}",
        "0x7f.1:{port}",
        "127.1:{port}",
        "",
    ):
        yield Wrong(f"host {host or 'empty'}", 403, "host_refused", headers=[("Host", host)])
    yield Wrong(
        "host of health", 403, "host_refused", target="/api/health", headers=[("Host", "evil.example")]
    )
    yield Wrong(
        "host of static", 403, "host_refused", target="/static/x/app.css", headers=[("Host", "evil.example")]
    )
    yield Wrong("no host", 400, "bad_http", without=("Host",))
    both = [("Host", "127.0.0.1:{port}"), ("Host", "evil.example")]
    yield Wrong("two hosts", 400, "bad_http", headers=both)
    yield Wrong("the same host twice", 400, "bad_http", headers=[both[0], both[0]])


def origins() -> Iterator[Wrong]:
    for origin in (
        "null",
        "http://evil.example",
        "https://evil.example:{port}",
        "http://127.0.0.1:1",
        "http://localhost.evil.example:{port}",
        "http://127.0.0.1:{port}@evil.example",
        "http://evil.example/127.0.0.1:{port}",
        "file://",
        "javascript:alert(1)",
        "chrome-devtools://127.0.0.1:{port}",
        "",
    ):
        yield Wrong(f"origin {origin or 'empty'}", 403, "origin_refused", headers=[("Origin", origin)])
        yield Wrong(f"origin of a change {origin or 'empty'}", 403, "origin_refused", "PUT", VARIABLE,
                    [("Origin", origin)], b'{"value": "1"}')  # fmt: skip
    extension = [("Origin", "chrome-extension://abcdef")]
    yield Wrong(
        "an extension without the token", 403, "origin_refused", headers=extension, without=("Authorization",)
    )
    preflight = [("Origin", "http://evil.example"), ("Access-Control-Request-Method", "PUT")]
    yield Wrong(
        "a preflight", 403, "origin_refused", "OPTIONS", VARIABLE, preflight, without=("Authorization",)
    )
    for site, mode in (("cross-site", "no-cors"), ("cross-site", "cors"), ("same-site", "no-cors"),
                       ("cross-site", "websocket")):  # fmt: skip
        fetch = [("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode)]
        yield Wrong(f"{mode} {site}", 403, "origin_refused", headers=fetch)
    two = [("Origin", "http://127.0.0.1:{port}"), ("Origin", "http://evil.example")]
    yield Wrong("two origins", 400, "bad_http", headers=two)


def tokens() -> Iterator[Wrong]:
    for target in ("/api/version", "/metrics", "/api/openapi.json", "/api/nothing", "/nothing", "/"):
        yield Wrong(f"no token for {target}", 401, "token_missing", target=target, without=("Authorization",))
    yield Wrong("the token in the address", 401, "token_missing", target="/api/version?token=a-token-for-tests-only",
                without=("Authorization",))  # fmt: skip
    for value, code in (
        ("Basic YTpi", "token_missing"),
        ("Bearer", "token_missing"),
        ("Token abc", "token_missing"),
    ):
        wrong_kind = "token_wrong" if value == "Bearer" else code
        yield Wrong(f"authorization {value}", 401, wrong_kind, headers=[("Authorization", value)])
    for value in (
        "Bearer wrong",
        "Bearer a-token-for-tests-onl",
        "Bearer a-token-for-tests-onlyy",
        "Bearer \xff",
    ):
        yield Wrong(f"authorization {value!a}", 401, "token_wrong", headers=[("Authorization", value)])
    twice = [("Authorization", "Bearer wrong"), ("Authorization", "Bearer a-token-for-tests-only")]
    yield Wrong("two tokens", 400, "bad_http", headers=twice)
    for cookie in ("quaero-000000000000=1", "{cookie}=wrong", "{cookie}=", "{cookie}", "=;=", "{other}"):
        yield Wrong(
            f"cookie {cookie}", 401, "token_missing", headers=[("Cookie", cookie)], without=("Authorization",)
        )
    yield Wrong("a wrong token shown", 401, "token_wrong", "POST", "/api/session", body=b'{"token": "wrong"}')


def methods() -> Iterator[Wrong]:
    for method, target in (
        ("PUT", GATES),
        ("PATCH", VARIABLE),
        ("DELETE", "/api/settings"),
        ("POST", "/api/workers"),
        ("POST", "/api/version"),
        ("DELETE", "/api/health"),
        ("OPTIONS", VARIABLE),
        ("TRACE", "/api/version"),
        ("PROPFIND", "/api/variables"),
        ("POST", "/"),
        ("DELETE", "/sign-in"),
        ("PUT", "/static/x/app.css"),
    ):
        yield Wrong(f"{method} {target}", 405, "method_not_allowed", method, target)


def bodies() -> Iterator[Wrong]:
    good = b'{"value": "1"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/xml",
                 "application/json5", "application/problem+json", "json", ""):  # fmt: skip
        headers = [("Content-Type", kind)]
        yield Wrong(f"body of type {kind or 'empty'}", 415, "not_json", "PUT", VARIABLE, headers, good)
    yield Wrong("body without a type", 415, "not_json", "PUT", VARIABLE, (), good, ("Content-Type",))
    for name, body in (
        ("cut", b'{"value": '),
        ("empty text", b'""'),
        ("a list", b"[]"),
        ("null", b"null"),
        ("a number", b"1"),
        ("another key", b'{"value": "1", "other": 2}'),
        ("no key", b"{}"),
        ("a wrong type", b'{"value": 1}'),
        ("too long a text", b'{"value": "' + b"x" * 10_001 + b'"}'),
        ("half a character", b'{"value": "\\ud800"}'),
        ("two values", b'{"value": "1"} {"value": "2"}'),
        ("single quotes", b"{'value': '1'}"),
    ):
        yield Wrong(f"body that is {name}", 422, "invalid_request", "PUT", VARIABLE, body=body)
    for name, body in (
        ("no UTF-8", b'{"value": "\xff"}'),
        ("nested", DEEP),
        ("a bomb", BOMB),
        ("an endless number", b'{"value": ' + b"1" * 5_000 + b"}"),
    ):
        yield Wrong(f"body that is {name}", 400, "invalid_request", "PUT", VARIABLE, body=body)
    yield Wrong("no body", 422, "invalid_request", "PUT", VARIABLE)
    yield Wrong("too large", 413, "request_too_large", "PUT", VARIABLE, body=b'"' + b"x" * 1_000_000 + b'"')
    much = [("Content-Length", "1000001")]
    yield Wrong("announced too large", 413, "request_too_large", "PUT", VARIABLE, much, b"{}")
    chunks = b"".join(b"10000\r\n" + b" " * 0x10000 + b"\r\n" for _ in range(17)) + b"0\r\n\r\n"
    chunked = [("Transfer-Encoding", "chunked"), ("Content-Type", "application/json")]
    yield Wrong(
        "too large in chunks", 413, "request_too_large", "PUT", VARIABLE, chunked, chunks, ("Content-Length",)
    )


def things() -> Iterator[Wrong]:
    for query in ("limit=0", "limit=-1", "limit=1001", "limit=abc", "limit=1.5", "limit=", "limit=99999999999999999999",
                  f"cursor={'x' * 501}"):  # fmt: skip
        yield Wrong(f"variables?{query[:40]}", 422, "invalid_request", target=f"/api/variables?{query}")
    yield Wrong("planned times", 422, "invalid_request", target="/api/schedule/next?count=0")
    yield Wrong("no schedule", 404, "not_found", target="/api/schedule/next?definition=nobody")
    yield Wrong("no variable", 404, "not_found", target="/api/variables/nobody")
    yield Wrong("no variable to delete", 404, "not_found", "DELETE", "/api/variables/nobody")
    yield Wrong("no name of a variable", 400, "usage", "PUT", "/api/variables/a%20b", body=b'{"value": "1"}')
    yield Wrong("too long a name", 422, "invalid_request", target=f"/api/variables/{'x' * 101}")
    yield Wrong("no credentials", 404, "not_found", target="/api/auth/nobody")
    yield Wrong("no credentials to delete", 404, "not_found", "DELETE", "/api/auth/nobody")
    for name, body in (
        ("kind", b'{"kind": "magic", "name": "x", "hosts": ["a.example"]}'),
        ("hosts", b'{"kind": "bearer", "name": "x", "hosts": [], "token": "t"}'),
        ("name", b'{"kind": "bearer", "name": "", "hosts": ["a.example"], "token": "t"}'),
        ("secret", b'{"kind": "bearer", "name": "x", "hosts": ["a.example"]}'),
    ):
        yield Wrong(f"credentials without {name}", 422, "invalid_request", "POST", AUTH, body=body)
    host = b'{"kind": "bearer", "name": "x", "hosts": ["https://a.example/path"], "token": "t"}'
    yield Wrong("credentials for a path", 400, "usage", "POST", AUTH, body=host)
    header = b'{"kind": "header", "name": "x", "hosts": ["a.example"], "values": {"Host": "evil"}}'
    yield Wrong("credentials over our own header", 400, "usage", "POST", AUTH, body=header)
    yield Wrong(
        "no cookies", 400, "usage", "POST", f"{AUTH}/import", body=b'{"name": "x", "content": "hello"}'
    )
    capture = b'{"baseUrl": "no url at all", "cookies": []}'
    yield Wrong("a capture of nothing", 400, "usage", "POST", f"{AUTH}/capture", body=capture)
    for name, body in (
        ("nothing", b'{"scope": "all"}'),
        ("no key", b'{"scope": "type", "paused": true}'),
        ("a key of all", b'{"scope": "all", "key": "x", "paused": true}'),
        ("a scope", b'{"scope": "planet", "key": "x", "paused": true}'),
        ("a limit", b'{"scope": "all", "concurrency": -1}'),
    ):
        yield Wrong(f"gate: {name}", 422, "invalid_request", "POST", GATES, body=body)
    yield Wrong("gate of nobody", 404, "not_found", "POST", GATES,
                body=b'{"scope": "type", "key": "nobody", "paused": true}')  # fmt: skip
    yield Wrong(
        "gate that is open", 404, "not_found", "POST", GATES, body=b'{"scope": "all", "paused": false}'
    )


def jobs_and_documents() -> Iterator[Wrong]:
    for cursor in ("abc", "-1", "1,5", "9" * 24, "%00", "%27%20OR%201=1"):
        for listed in ("jobs", "documents", "audit", "search"):
            target = (
                f"/api/{listed}?q=a&cursor={cursor}"
                if listed == "search"
                else f"/api/{listed}?cursor={cursor}"
            )
            yield Wrong(f"cursor {cursor} of {listed}", 400, "usage", target=target)
    for text in ("nonsense:1", "state:gone", "age:soon", "%22", "run:abc", "created:%3E2030-13-01"):
        yield Wrong(f"filter {text}", 422, "invalid_filter", target=f"/api/jobs?filter={text}")
    for number in ("abc", "0", "-1", "1.5", "9" * 24, "1%27"):
        yield Wrong(f"job {number}", 422, "invalid_request", target=f"/api/jobs/{number}")
    for method, target in (
        ("GET", "/api/jobs/1"),
        ("DELETE", "/api/jobs/1"),
        ("POST", "/api/jobs/1/cancel"),
        ("GET", "/api/documents/1"),
        ("GET", "/api/job-definitions/nobody"),
        ("DELETE", "/api/job-definitions/nobody"),
        ("GET", "/api/events?format=json&run=abc"),
    ):
        yield Wrong(f"{method} {target} of nobody", 404, "not_found", method, target)
    yield Wrong(
        "a run of nobody", 404, "not_found", "POST", "/api/job-definitions/nobody/execute", body=b"{}"
    )
    yield Wrong("a date that is none", 400, "usage", target="/api/documents?created_after=soon")
    yield Wrong("a level that is none", 400, "usage", target="/api/jobs/1/logs?level=loud")
    yield Wrong("a format that is none", 422, "invalid_request", target="/api/documents/export?format=word")
    for name, body, status, code in (
        (
            "operation",
            b'{"operation": "explode", "filter": "state:failed", "expect": 0}',
            422,
            "invalid_request",
        ),
        ("filter", b'{"operation": "retry", "filter": "", "expect": 0}', 400, "usage"),
        ("number", b'{"operation": "retry", "filter": "state:failed", "expect": 5}', 409, "conflict"),
    ):
        yield Wrong(f"bulk with a wrong {name}", status, code, "POST", "/api/jobs/bulk", body=body)
    definitions = "/api/job-definitions"
    yield Wrong("no TOML", 422, "invalid_definition", "POST", definitions, body=b'{"toml": "x ="}')
    yield Wrong("no definition", 422, "invalid_request", "POST", definitions, body=b"{}")
    yield Wrong("a crawl of nothing", 422, "invalid_request", "POST", "/api/crawl", body=b'{"urls": []}')
    yield Wrong(
        "a crawl of a file", 400, "usage", "POST", "/api/crawl", body=b'{"urls": ["file:///etc/passwd"]}'
    )


def paths() -> Iterator[Wrong]:
    for target in (
        "/static/../../../../etc/passwd",
        "/static/x/../../../app.py",
        "/static/x/%2e%2e/%2e%2e/app.py",
        "/static/x/..%2f..%2fapp.py",
        "/static/x/%252e%252e/app.py",
        "/static//etc/passwd",
        "/static/x//etc/passwd",
        "/static/x/",
        "/static/x",
        "/static/x/js",
        "/api/nothing",
        "/api/../nothing",
        "/api/variables/../../etc/passwd",
        "//evil.example/",
        "/nothing",
        "/api/auth/x/%2e%2e%2fy",
    ):
        yield Wrong(f"path {target}", 404, "not_found", target=target)
    for target in ("/static/x/%00", "/static/x/..%5c..%5capp.py", "/%0d%0aSet-Cookie:%20a=b", "/api/variables/%7f",
                   f"/{'x' * 8_001}", "http://evil.example/api/version", "evil.example:80", "*", "api/version",
                   "?x"):  # fmt: skip
        yield Wrong(f"target {target[:40]}", 400, "bad_http", target=target)


def forms() -> Iterator[Wrong]:
    body = b'{"value": "1"}'
    chunks = b"e\r\n" + body + b"\r\n0\r\n\r\n"
    kind = ("Content-Type", "application/json")
    for name, headers, sent in (
        ("chunks and a length", [kind, ("Transfer-Encoding", "chunked"), ("Content-Length", "4")], chunks),
        ("two lengths", [kind, ("Content-Length", "14"), ("Content-Length", "4")], body),
        ("a negative length", [kind, ("Content-Length", "-1")], body),
        ("a signed length", [kind, ("Content-Length", "+14")], body),
        ("a length in words", [kind, ("Content-Length", "many")], body),
        ("another encoding", [kind, ("Transfer-Encoding", "gzip, chunked")], chunks),
        ("chunks in disguise", [kind, ("Transfer-Encoding", "xchunked")], chunks),
        ("chunks twice", [kind, ("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")], chunks),
        ("a bad chunk", [kind, ("Transfer-Encoding", "chunked")], b"zz\r\n"),
        ("a space before the colon", [("Content-Type ", "application/json")], body),
        ("a name with a blank", [("X Y", "1")], b""),
        ("a line without a colon", [("X-Y\r\nno colon", "1")], b""),
        ("much too much", [("X-Y", "x" * 40_000)], b""),
    ):
        yield Wrong(name, 400, "bad_http", "PUT", VARIABLE, headers, sent)


TABLE = [
    *hosts(),
    *origins(),
    *tokens(),
    *methods(),
    *bodies(),
    *things(),
    *jobs_and_documents(),
    *paths(),
    *forms(),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One for all of them: none may change anything."""
    with served_at(f"sqlite:///{tmp_path_factory.mktemp('wrong')}/web.db") as served:
        with served.client() as client:
            assert client.get("/api/version").status_code == 200, "the address has shown the token"
        yield served
        assert served.call(lambda engine: engine.store.variables()) == ()
        assert served.call(lambda engine: engine.store.credentials()) == ()
        assert served.call(lambda engine: engine.store.gates()) == ()
        assert served.call(lambda engine: engine.store.jobs(JobFilter())).total == 0


def asked(served: Served, wrong: Wrong) -> Answer:
    from tests.web.serving import access

    port = urlsplit(served.url).port
    assert port is not None
    name = access().cookie_name
    headers = [(key, value.replace("{cookie}", name)) for key, value in wrong.headers]
    return send(port, request(port, wrong.method, wrong.target, headers, wrong.body, without=wrong.without))


def test_the_table_is_long() -> None:
    assert len(TABLE) >= 100
    assert len({wrong.name for wrong in TABLE}) == len(TABLE)


@pytest.mark.parametrize("wrong", TABLE, ids=lambda wrong: wrong.name)
def test_a_wrong_request_gets_its_refusal(server: Served, wrong: Wrong) -> None:
    answer = asked(server, wrong)
    assert (answer.status, answer.code) == (wrong.status, wrong.code), answer.body[:300]
