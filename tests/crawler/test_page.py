"""Pages: from the bytes of a response to what is kept of it."""

import gzip
import subprocess
import sys

import msgspec
import pytest
import zstandard

from quaero.crawler.page import Extract, ParsedPage, ParseRequest, parse_page
from quaero.crawler.scope import ScopeRules
from quaero.models.errors import FetchError

URL = "http://example.org/docs/some%20page.html"
SCOPE = ScopeRules(allowed_hosts=("example.org",), exclude_patterns=("/private/",))


def parse(
    body: bytes | str, content_type: str = "text/html; charset=utf-8", extract: Extract = "main"
) -> ParsedPage:
    raw = body.encode() if isinstance(body, str) else body
    return parse_page(
        ParseRequest(body=raw, url=URL, content_type=content_type, scope=SCOPE, extract=extract)
    )


def test_what_a_page_says_about_itself_is_kept() -> None:
    page = parse("""<html lang="de"><head><title> Ein
        Titel </title><meta name="Description" content="Worum es  geht">
        <link rel="canonical" href="/Kanon#x"></head>""")
    assert page.title == "Ein Titel"
    assert page.description == "Worum es geht"
    assert page.language == "de"
    assert page.canonical == "http://example.org/Kanon"
    assert (page.index, page.follow) == (True, True)


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<title>Named</title><h1>Heading</h1>", "Named"),
        ("<title> </title><h1>First <b>heading</b></h1><h1>Second</h1>", "First heading"),
        ("<svg><title>Icon</title></svg><h2>Heading</h2>", "Heading"),
        ("<p>Nothing</p>", "some page.html"),
    ],
)
def test_a_page_without_a_title_is_called_after_heading_or_address(html: str, title: str) -> None:
    assert parse(html).title == title


def test_links_are_those_in_scope_and_all_are_counted() -> None:
    page = parse(
        '<a href="a">a</a><a href="/private/b">b</a><a href="http://other.example/">c</a><a href="a#x">a</a>'
    )
    assert page.links == ("http://example.org/docs/a",)
    assert page.links_found == 3


def test_links_are_found_outside_the_main_content() -> None:
    assert parse('<nav><a href="a">a</a></nav><main><p>text</p></main>').links == (
        "http://example.org/docs/a",
    )


@pytest.mark.parametrize(
    ("wish", "index", "follow"),
    [
        ("noindex", False, True),
        ("nofollow", True, False),
        ("NOINDEX, NoFollow", False, False),
        ("none", False, False),
    ],
)
def test_wishes_to_robots_are_reported_and_followed(wish: str, index: bool, follow: bool) -> None:
    page = parse(f'<meta name="Robots" content="{wish}"><a href="a">a</a>')
    assert (page.index, page.follow) == (index, follow)
    assert bool(page.links) is follow


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<p>naïve café</p>".encode(), "text/html; charset=utf-8"),
        ("<p>naïve café</p>".encode("latin-1"), 'text/html; charset="ISO-8859-1"'),
        ("<p>naïve café</p>".encode("latin-1"), "text/html; charset=latin-1"),
        (b"\xef\xbb\xbf" + "<p>naïve café</p>".encode(), "text/html"),
        ("<p>naïve café</p>".encode("utf-16"), "text/html"),
        (
            "<?xml version='1.0' encoding='iso-8859-1'?><p>naïve café</p>".encode("latin-1"),
            "application/xhtml+xml",
        ),
        ("<?xml version='1.0' encoding='utf-8'?><p>naïve café</p>".encode(), "application/xhtml+xml"),
        ('<meta charset="utf-8"><p>naïve café</p>'.encode(), "text/html; charset=nonsense"),
        ("<p>naïve café</p>".encode(), "text/html"),
        ("naïve café".encode(), "text/plain"),
        ("naïve café".encode("latin-1"), "text/plain"),
        ("naïve café".encode("latin-1"), "text/markdown; charset=latin1"),
    ],
)
def test_the_charset_is_found(body: bytes, content_type: str) -> None:
    assert parse(body, content_type).markdown.strip() == "naïve café"


def test_the_content_type_decides_what_a_page_is() -> None:
    markup = '<p>text <a href="x">x</a></p>'
    assert parse(markup, "text/plain").markdown == markup
    assert parse(markup, "text/plain").links == ()
    assert parse(markup, "application/xhtml+xml").links == ("http://example.org/docs/x",)


def test_an_unknown_content_type_is_an_error_that_names_the_page() -> None:
    with pytest.raises(FetchError) as caught:
        parse(b"%PDF-1.7", "application/pdf")
    assert caught.value.code == "unsupported_content_type"
    assert caught.value.where == URL
    assert not caught.value.retryable


def test_without_a_content_type_the_bytes_decide() -> None:
    assert parse("\n<p>text</p>", "").markdown.strip() == "text"
    assert parse("just text", "").markdown == "just text"
    with pytest.raises(FetchError):
        parse(gzip.compress(b"x" * 100), "")


def test_markdown_is_kept_and_its_links_found() -> None:
    text = """# The *title* #

[inline](a "t") [ref][r] <http://example.org/auto> `[code](no)`

```
[fenced](no)
```

[r]: <../ref>
"""
    page = parse(text, "text/markdown")
    assert page.title == "The *title*"
    assert page.markdown == text.strip("\n")
    assert page.links == (
        "http://example.org/docs/a",
        "http://example.org/auto",
        "http://example.org/ref",
    )


def test_the_hash_covers_title_and_text_and_nothing_else() -> None:
    first = parse("<title>T</title><main>text</main><!-- built at 10:00 -->")
    rebuilt = parse("<title>T</title><main class=new>text</main><!-- built at 11:00 -->")
    assert first.content_hash == rebuilt.content_hash
    assert first.content_hash != parse("<title>U</title><main>text</main>").content_hash
    assert first.content_hash != parse("<title>T</title><main>other</main>").content_hash


def test_the_source_is_kept_compressed() -> None:
    body = b"<p>" + b"the same again " * 1000
    page = parse(body)
    assert zstandard.decompress(page.source) == body
    assert len(page.source) < len(body) / 10


def test_the_whole_page_is_kept_on_request() -> None:
    html = (
        "<nav>Menu of the site</nav><main>" + "<p>A sentence that is long enough to be read as prose.</p>" * 3
    )
    assert "Menu of the site" not in parse(html).markdown
    assert "Menu of the site" in parse(html, extract="full").markdown


def test_request_and_page_travel_between_processes() -> None:
    request = ParseRequest(body=b"<p>x", url=URL, content_type="text/html", scope=SCOPE)
    page = parse_page(request)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(request), type=ParseRequest) == request
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(page), type=ParsedPage) == page


def test_the_parser_loads_no_heavy_library() -> None:
    script = "import sys, quaero.crawler.page; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    ).stdout.split()
    assert not {"pydantic", "aiohttp", "asyncio", "apsw"} & set(loaded)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0" * 100,
        b"<" * 300_000,
        b"<div>" * 300_000 + b"x",
        b"<p " + b" ".join(b"a%d=1" % number for number in range(100_000)) + b">x",
        b"<a href=x>" * 100_000,
        b"<table><tr><td>" * 50_000 + b"x",
        b"<table><tr><td><pre>x</pre>" * 20_000,
        b"<b><i>" * 100_000 + b"x",
        b"&" * 300_000,
        b"<!--" * 100_000,
    ],
    ids=[
        "empty",
        "nul",
        "lt",
        "divs",
        "attributes",
        "links",
        "tables",
        "code tables",
        "inline",
        "amp",
        "comments",
    ],
)
def test_a_hostile_page_is_read(body: bytes) -> None:
    assert parse(body).content_hash
