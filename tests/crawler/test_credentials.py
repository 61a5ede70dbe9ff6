"""Credentials go to the servers that they belong to, and to nobody else."""

import base64
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.crawler.credentials import (
    basic,
    bearer,
    belongs,
    host_of,
    origin_of,
    own_cookies,
    own_headers,
    request_headers,
)
from quaero.models.credential import LONGEST_VALUE, Cookie, Credential
from quaero.models.errors import UsageError

NOW = 1_700_000_000_000
VALUE = "-".join(("nobody", "may", "see"))
WIKI = "https://wiki.example.org"

COOKIE = Cookie("sid", VALUE, "example.org", host_only=False, secure=False)


def cookie_for(url: str, **changes: object) -> str | None:
    """What a request for the URL shows of a cookie for example.org and all below."""
    credential = Credential("imported", cookies=(replace(COOKIE, **changes),))  # type: ignore[arg-type]
    return request_headers(credential, url, NOW).get("Cookie")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "https://example.org/",
        "https://a.b.example.org/x?y",
        "https://example.org:8443/",
    ],
)
def test_a_cookie_of_a_domain_goes_to_all_below_it(url: str) -> None:
    assert cookie_for(url) == f"sid={VALUE}"


@pytest.mark.parametrize(
    "url",
    [
        "https://badexample.org/",
        "https://example.org.evil.net/",
        "https://evil.net/example.org/",
        "https://evil.net/?example.org",
        "https://org/",
        "https://example.com/",
        "https://example.org./",
        "https://127.0.0.1/",
        "https://[::1]/",
    ],
)
def test_a_cookie_goes_to_no_host_that_only_looks_like_its_own(url: str) -> None:
    assert cookie_for(url) is None


def test_a_cookie_of_one_host_goes_nowhere_below() -> None:
    assert cookie_for("https://example.org/", host_only=True)
    assert cookie_for("https://www.example.org/", host_only=True) is None


@pytest.mark.parametrize("domain", ["0.0.1", "1", "::1]"])
def test_an_address_has_nothing_below_it(domain: str) -> None:
    assert cookie_for("http://127.0.0.1/", domain=domain) is None
    assert cookie_for("http://[2001::1]/", domain=domain) is None


def test_a_secure_cookie_goes_over_https_only() -> None:
    assert cookie_for("https://example.org/", secure=True)
    assert cookie_for("http://example.org/", secure=True) is None


def test_a_cookie_is_shown_until_it_expires() -> None:
    assert cookie_for("https://example.org/", expires_at=NOW // 1000 + 1)
    assert cookie_for("https://example.org/", expires_at=NOW // 1000) is None


@pytest.mark.parametrize(
    ("path", "shown_at", "not_shown_at"),
    [
        ("/", ("/", "/a", "/?q"), ()),
        ("/a", ("/a", "/a/", "/a/b", "/a?q=/", "/a/../a"), ("/", "/ab", "/A", "/b/a", "/?/a")),
        ("/a/", ("/a/", "/a/b"), ("/a", "/ab")),
    ],
)
def test_a_cookie_is_shown_below_its_path(
    path: str, shown_at: tuple[str, ...], not_shown_at: tuple[str, ...]
) -> None:
    assert all(cookie_for(f"https://example.org{at}", path=path) for at in shown_at)
    assert [at for at in not_shown_at if cookie_for(f"https://example.org{at}", path=path)] == []


def test_several_cookies_make_one_header_with_the_nearest_first() -> None:
    cookies = (COOKIE, replace(COOKIE, name="near", path="/a/b"), replace(COOKIE, name="far", path="/c"))
    shown = request_headers(Credential("imported", cookies=cookies), "https://example.org/a/b", NOW)
    assert shown == {"Cookie": f"near={VALUE}; sid={VALUE}"}


MAKERS: tuple[Callable[[tuple[str, ...]], Credential], ...] = (
    lambda origins: own_cookies(origins, {"sid": VALUE}),
    lambda origins: own_headers(origins, {"X-Api-Key": VALUE}),
    lambda origins: bearer(origins, VALUE),
    lambda origins: basic(origins, "me", VALUE),
)


@pytest.mark.parametrize("make", MAKERS)
def test_what_a_person_stores_goes_to_exactly_the_origins_given(
    make: Callable[[tuple[str, ...]], Credential],
) -> None:
    credential = make((WIKI, "http://10.0.0.1:8080"))
    assert len(request_headers(credential, f"{WIKI}/page", NOW)) == 1
    assert len(request_headers(credential, "http://10.0.0.1:8080/page", NOW)) == 1
    for elsewhere in (
        "http://wiki.example.org/",
        "https://wiki.example.org:8443/",
        "https://www.wiki.example.org/",
        "https://example.org/",
        "http://10.0.0.1/",
        "https://10.0.0.1:8080/",
    ):
        assert request_headers(credential, elsewhere, NOW) == {}, elsewhere


def test_what_is_sent_is_what_servers_expect() -> None:
    def shown(credential: Credential) -> dict[str, str]:
        return dict(request_headers(credential, f"{WIKI}/", NOW))

    assert shown(bearer([WIKI], VALUE)) == {"Authorization": f"Bearer {VALUE}"}
    assert shown(own_headers([WIKI], {"X-Api-Key": VALUE})) == {"X-Api-Key": VALUE}
    assert shown(own_cookies([WIKI], {"a": "1", "b": "x=y"})) == {"Cookie": "a=1; b=x=y"}
    [(name, value)] = shown(basic([WIKI], "me", "pass:wörd")).items()
    assert name == "Authorization"
    assert base64.b64decode(value.removeprefix("Basic ")).decode() == "me:pass:wörd"


def test_headers_without_origins_go_nowhere() -> None:
    assert request_headers(replace(bearer([WIKI], VALUE), origins=()), f"{WIKI}/", NOW) == {}


LABELS = st.from_regex(r"[a-z]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True)
HOSTS = st.lists(LABELS, min_size=1, max_size=4).map(".".join)


@given(domain=HOSTS, below=HOSTS, other=HOSTS, host_only=st.booleans())
def test_belonging_is_being_the_same_or_below(domain: str, below: str, other: str, host_only: bool) -> None:
    assert belongs(domain, domain, host_only=host_only)
    assert belongs(domain, f"{below}.{domain}", host_only=host_only) is not host_only
    assert not belongs(domain, f"{below}{domain}", host_only=host_only)
    assert not belongs(f"{below}.{domain}", domain, host_only=host_only)
    same_end = other.split(".")[-domain.count(".") - 1 :] == domain.split(".")
    assert belongs(domain, other, host_only=host_only) is (same_end if not host_only else other == domain)


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("wiki.example.org", WIKI),
        ("WIKI.Example.org", WIKI),
        ("https://wiki.example.org/", WIKI),
        ("wiki.example.org:443", WIKI),
        ("wiki.example.org:8443", f"{WIKI}:8443"),
        ("http://wiki.intranet", "http://wiki.intranet"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("[::1]:8443", "https://[::1]:8443"),
        ("bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_a_host_is_read_as_an_origin(written: str, origin: str) -> None:
    assert origin_of(written) == origin


@pytest.mark.parametrize(
    "written",
    [
        "",
        "a b",
        "ftp://wiki",
        "wiki/page",
        "https://wiki/page",
        "wiki?q",
        "wiki#x",
        "me@wiki",
        "wiki:99999",
        "*.wiki",
    ],
)
def test_what_is_no_host_is_refused(written: str) -> None:
    with pytest.raises(UsageError, match="is no host"):
        origin_of(written)


def test_the_host_of_a_url_has_no_port() -> None:
    assert host_of("https://a.example:8443/x:y") == "a.example"
    assert host_of("http://[::1]:8080/") == "[::1]"


@pytest.mark.parametrize(
    "make",
    [
        lambda: own_headers([WIKI], {"Bad Name": VALUE}),
        lambda: own_headers([WIKI], {"Cookie": VALUE}),
        lambda: own_headers([WIKI], {"Host": VALUE}),
        lambda: own_headers([WIKI], {"content-LENGTH": VALUE}),
        lambda: own_headers([WIKI], {"X-Key": f"{VALUE}\r\nX-Other: x"}),
        lambda: own_headers([WIKI], {"X-Key": f"{VALUE}ü"}),
        lambda: own_headers([WIKI], {"X-Key": VALUE + "x" * LONGEST_VALUE}),
        lambda: own_cookies([WIKI], {"a=b": VALUE}),
        lambda: own_cookies([WIKI], {"a": f"{VALUE}; b"}),
        lambda: own_cookies([WIKI], {"a": f"{VALUE}\n"}),
        lambda: own_cookies([WIKI], {"a": VALUE + "x" * LONGEST_VALUE}),
        lambda: bearer([WIKI], f"{VALUE}\t"),
        lambda: bearer([WIKI], " "),
        lambda: basic([WIKI], "me:you", VALUE),
        lambda: basic([WIKI], "me", ""),
    ],
)
def test_what_cannot_be_sent_is_refused_and_not_repeated(make: Callable[[], Credential]) -> None:
    with pytest.raises(UsageError) as caught:
        make()
    assert VALUE not in caught.value.line()
