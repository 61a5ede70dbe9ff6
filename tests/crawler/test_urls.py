"""URL rules: one spelling for each page, and nothing that a server may tell apart is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.crawler.urls import folder_of, host_key, normalise, resolve

BASE = "http://example.org/docs/guide/page.html?v=1"

hosts = st.sampled_from(
    ["example.org", "EXAMPLE.org:80", "[2001:db8::1]:8080", "127.1", "bücher.example", "a_b.example"]
)
texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30)
awkward = st.text(alphabet="/.%2eE#?&=;:@[]\\ é~+ab\t", max_size=30)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("HTTP://Example.ORG", "http://example.org/"),
        ("http://example.org:80/a", "http://example.org/a"),
        ("https://example.org:443/a", "https://example.org/a"),
        ("https://example.org:80/a", "https://example.org:80/a"),
        ("http://example.org:/a", "http://example.org/a"),
        ("http://example.org:0080/a", "http://example.org/a"),
        ("http://example.org?q", "http://example.org/?q"),
        ("http://example.org/a/./b/../c", "http://example.org/a/c"),
        ("http://example.org/a/%2e%2e/c/.", "http://example.org/c/"),
        ("http://example.org/../../a", "http://example.org/a"),
        ("http://example.org/%7euser/%c3%a9", "http://example.org/~user/%C3%A9"),
        ("http://example.org/é b", "http://example.org/%C3%A9%20b"),
        ("http://example.org/100%", "http://example.org/100%25"),
        ("http://example.org/a\tb\n", "http://example.org/ab"),
        ("  http://example.org/a#part", "http://example.org/a"),
        ("http:\\\\example.org\\a", "http://example.org/a"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://[2001:DB8:0::1]:81/", "http://[2001:db8::1]:81/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://exa_mple.org./", "http://exa_mple.org./"),
    ],
)
def test_every_spelling_has_one_normal_form(written: str, normal: str) -> None:
    assert normalise(written) == normal


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/Case/Matters",
        "http://example.org/a//b///c",
        "http://example.org/a%2Fb",
        "http://example.org/a?z=1&a=2&z=0&empty=",
        "http://example.org/a?next=http://other.example/b",
        "http://example.org/a;v=1,2",
    ],
)
def test_what_the_server_may_tell_apart_is_kept(url: str) -> None:
    assert normalise(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org/a",
        "/a",
        "ftp://example.org/",
        "mailto:someone@example.org",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://",
        "http:///",
        "http://user@example.org/",
        "http://user:secret@example.org/",
        "http://example.org:0/",
        "http://example.org:65536/",
        "http://example.org:port/",
        "http://exa mple.org/",
        "http://256.1.1.1/",
        "http://1.2.3.4.5/",
        "http://[fe80::1%25eth0]/",
        "http://[::1/",
        "http://a..b/",
        "http://" + "a" * 64 + ".example/",
    ],
)
def test_what_cannot_be_fetched_has_no_normal_form(url: str) -> None:
    assert normalise(url) is None


@given(host=hosts, path=texts | awkward, query=texts | awkward)
def test_the_normal_form_is_its_own_normal_form(host: str, path: str, query: str) -> None:
    once = normalise(f"http://{host}/{path}?{query}")
    if once is not None:
        assert normalise(once) == once
        assert resolve("http://base.example/", once) == once
        assert once.isascii()


@given(href=texts | awkward)
def test_resolving_gives_a_normal_url_or_none(href: str) -> None:
    target = resolve(BASE, href)
    assert target is None or normalise(target) == target


@given(href=awkward, fragment=texts)
def test_a_fragment_never_makes_another_page(href: str, fragment: str) -> None:
    reference = href.partition("#")[0]
    assert resolve(BASE, f"{reference}#{fragment}") == resolve(BASE, reference)


@pytest.mark.parametrize(
    ("href", "target"),
    [
        ("", BASE),
        ("#part", BASE),
        ("?q=2", "http://example.org/docs/guide/page.html?q=2"),
        ("other.html", "http://example.org/docs/guide/other.html"),
        ("./", "http://example.org/docs/guide/"),
        ("..", "http://example.org/docs/"),
        ("../../../../a", "http://example.org/a"),
        ("/a?b=/c", "http://example.org/a?b=/c"),
        ("//other.example:80/a", "http://other.example/a"),
        ("https://other.example", "https://other.example/"),
        ("http:sibling", "http://example.org/docs/guide/sibling"),
        ("https:other.example", "https://other.example/"),
        ("\\a\\b", "http://example.org/a/b"),
        (" spaced name ", "http://example.org/docs/guide/spaced%20name"),
    ],
)
def test_references_are_resolved_as_browsers_do(href: str, target: str) -> None:
    assert resolve(BASE, href) == target


@pytest.mark.parametrize("href", ["mailto:a@b", "javascript:void(0)", "tel:123", "//user@host/", "http://"])
def test_references_to_no_page_resolve_to_nothing(href: str) -> None:
    assert resolve(BASE, href) is None


def test_the_folder_ends_with_the_last_slash_of_the_path() -> None:
    assert folder_of("http://example.org/a/b?c=/d/e") == "http://example.org/a/"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://Example.org:443/a", "example.org"),
        ("http://example.org:8080/a", "example.org:8080"),
        ("http://[::1]:81/", "[::1]:81"),
        ("http://127.0.0.1/", "127.0.0.1"),
    ],
)
def test_a_host_is_known_by_name_and_port(url: str, key: str) -> None:
    normal = normalise(url)
    assert normal is not None
    assert host_key(normal) == key


def test_a_long_path_of_dots_takes_no_long_time() -> None:
    assert normalise("http://example.org/" + "a/../" * 100_000) == "http://example.org/"
