"""Cookies as browsers give them away: cookies.txt, and the JSON of extensions."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.crawler.cookie_files import LARGEST_FILE, Imported, imported, left_out
from quaero.models.credential import Cookie
from quaero.models.errors import UsageError

NOW = 1_700_000_000_000
LATER, EARLIER = NOW // 1000 + 1_000, NOW // 1000 - 1_000
VALUE = "-".join(("nobody", "may", "see"))

NETSCAPE = f"""# Netscape HTTP Cookie File
# This is a generated file!

wiki.example.org\tFALSE\t/\tTRUE\t{LATER}\tsid\t{VALUE}
.example.org\tTRUE\t/docs\tFALSE\t0\tlang\ten
#HttpOnly_wiki.example.org\tFALSE\t/\tTRUE\t{LATER}.5\thidden\t{VALUE}
wiki.example.org\tFALSE\t/\tTRUE\t{EARLIER}\told\t{VALUE}
wiki.example.org\tFALSE\t/\tFALSE\t0\tempty
"""

COOKIES = (
    Cookie("sid", VALUE, "wiki.example.org", expires_at=LATER),
    Cookie("lang", "en", "example.org", host_only=False, path="/docs", secure=False),
    Cookie("hidden", VALUE, "wiki.example.org", expires_at=LATER),
    Cookie("empty", "", "wiki.example.org", secure=False),
)


def read(text: str | bytes, *hosts: str) -> Imported:
    content = text.encode() if isinstance(text, str) else text
    return imported(content, hosts=hosts, now_ms=NOW, where="cookies.txt")


def entry(**keys: Any) -> dict[str, Any]:
    return {"domain": "wiki.example.org", "name": "sid", "value": VALUE, **keys}


def of_json(*entries: dict[str, Any]) -> tuple[Cookie, ...]:
    return read(json.dumps(entries)).credential.cookies


def test_a_cookies_txt_keeps_host_path_security_and_end() -> None:
    found = read(NETSCAPE)
    assert found.credential.cookies == COOKIES
    assert [each.value for each in found.credential.cookies] == [VALUE, "en", VALUE, ""]
    assert (found.credential.kind, found.credential.origins, found.credential.headers) == ("imported", (), ())
    assert left_out(found) == "1 expired"


def test_a_file_of_windows_reads_the_same() -> None:
    assert (
        read(b"\xef\xbb\xbf" + NETSCAPE.replace("\n", "\r\n").encode()).credential
        == read(NETSCAPE).credential
    )


def test_only_the_cookies_of_the_wanted_hosts_are_kept() -> None:
    text = (
        NETSCAPE
        + f"bank.example\tFALSE\t/\tTRUE\t0\tsid\t{VALUE}\n.net.example\tTRUE\t/\tTRUE\t0\tsid\t{VALUE}\n"
    )
    found = read(text, "wiki.example.org")
    assert found.credential.cookies == COOKIES
    assert left_out(found) == "1 expired, 2 for other hosts"
    assert [each.name for each in read(text, "docs.example.org").credential.cookies] == ["lang"]


def test_the_json_of_extensions_keeps_the_same() -> None:
    assert of_json(
        entry(path="/", secure=True, hostOnly=True, httpOnly=True, expirationDate=LATER + 0.75, storeId="0"),
        entry(
            name="lang",
            value="en",
            domain=".example.org",
            path="/docs",
            secure=False,
            hostOnly=False,
            session=True,
        ),
    ) == (COOKIES[0], COOKIES[1])


def test_what_an_entry_does_not_say_is_taken_as_narrow() -> None:
    assert of_json(entry()) == (Cookie("sid", VALUE, "wiki.example.org"),)
    assert of_json(entry(domain=".Example.ORG")) == (Cookie("sid", VALUE, "example.org", host_only=False),)
    assert of_json(entry(path="docs", expires=-1)) == (Cookie("sid", VALUE, "wiki.example.org"),)


def test_the_whole_state_of_a_browser_is_read() -> None:
    state = {"cookies": [entry(expires=LATER, httpOnly=True, sameSite="Lax")], "origins": []}
    assert read(json.dumps(state)).credential.cookies == (COOKIES[0],)


def test_of_two_cookies_in_one_place_the_later_counts() -> None:
    [cookie] = of_json(entry(value="old"), entry())
    assert cookie.value == VALUE


@pytest.mark.parametrize("domain", [".co.uk", ".github.io", ".org", ".intranet"])
def test_a_cookie_for_everybody_below_a_public_suffix_is_left_out(domain: str) -> None:
    found = read(json.dumps([entry(domain=domain), entry()]))
    assert found.credential.cookies == (Cookie("sid", VALUE, "wiki.example.org"),)
    assert left_out(found) == "1 for a public suffix"


def test_a_cookie_of_an_address_is_for_that_address_only() -> None:
    [cookie] = of_json(entry(domain=".127.0.0.1", hostOnly=False))
    assert (cookie.domain, cookie.host_only) == ("127.0.0.1", True)


LINE = f"wiki.example.org\tFALSE\t/\tTRUE\t{LATER}\tsid\t{VALUE}"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "there is no cookie in it"),
        ("# only a comment", "there is no cookie in it"),
        ("[]", "there is no cookie in it"),
        ("{}", "has no list of cookies"),
        ('{"cookies": {}}', "has no list of cookies"),
        (f'[{{"name": "{VALUE}"', "is no JSON"),
        (f"<html>{VALUE}</html>", "line 1: has 1 fields between tabs, not 7"),
        (f"# x\n{LINE}\tmore", "line 2: has 8 fields"),
        (LINE.replace("FALSE", VALUE), "line 1: has something else than TRUE or FALSE"),
        (LINE.replace(str(LATER), VALUE), "does not say in seconds when it expires"),
        (LINE.replace(str(LATER), "nan"), "does not say in seconds when it expires"),
        (LINE.replace("wiki.example.org", f"{VALUE}/x"), "has no domain that a server could have"),
        (LINE.replace("wiki.example.org", ""), "has no domain that a server could have"),
        (LINE.replace("sid", "a;b"), "no name of a cookie"),
        (f"{LINE};x", "a character that no cookie has"),
        (f"{LINE}\x00", "a character that no cookie has"),
        (f'["{VALUE}"]', "entry 1: is no cookie"),
        (json.dumps([entry(), entry(value=1)]), "entry 2: is no cookie"),
        (json.dumps([entry(secure=VALUE)]), 'something else than true or false as "secure"'),
        (json.dumps([entry(expirationDate=[VALUE])]), "does not say in seconds"),
        (LINE.replace(str(LATER), str(EARLIER)), "none of its cookies can be used: 1 expired"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_where_and_nothing_of_it_is_repeated(
    text: str, complaint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        read(text)
    assert complaint in caught.value.line()
    assert caught.value.line().startswith("cookies.txt")
    assert VALUE not in caught.value.line()


def test_a_file_that_is_no_text_or_too_long_is_refused() -> None:
    with pytest.raises(UsageError, match="is no text"):
        read(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="is longer than"):
        read(b" " * (LARGEST_FILE + 1))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ENTRIES = st.fixed_dictionaries(
    {
        "domain": st.sampled_from(["a.example", ".a.example", "b", ""]),
        "name": st.text(max_size=5),
        "value": st.text(),
    },
    optional=dict.fromkeys(("path", "secure", "hostOnly", "session", "expires", "expirationDate"), ANYTHING),
)


@given(
    content=st.binary(max_size=300)
    | st.lists(ENTRIES | ANYTHING, max_size=3).map(lambda each: json.dumps(each).encode())
)
def test_whatever_a_file_holds_it_is_read_or_refused_in_one_line(content: bytes) -> None:
    refused, found = "", None
    try:
        found = read(content)
    except UsageError as error:
        refused = error.line()
    assert "\n" not in refused
    assert refused or (found is not None and found.credential.cookies)
    if found is not None:
        assert all(each.path.startswith("/") and each.domain for each in found.credential.cookies)
