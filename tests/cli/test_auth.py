"""`quaero auth`: credentials go in sealed, and no command gives them out again."""

import io
import json
import os
import pty
import select
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from quaero.secrets.key import SecretKey
from quaero.secrets.key_sources import VARIABLE, KeySources
from tests.cli.calling import COMMAND, SECONDS, Caller, Result, end_of, running
from tests.cli.small_site import SmallSite
from tests.places import Place

VALUE = "nobody-may-see"
OTHER = SecretKey(bytes(32))
KEYS = {"name", "kind", "hosts", "key_id", "created_at", "updated_at"}

DEFINITION = """
id = "wiki"
name = "Wiki"
auth = "intranet"
[[steps]]
name = "index"
action = "reindex"
"""

CRAWL = """
[error_tolerance]
max_child_failures = 0
[[steps]]
name = "crawl"
action = "crawl"
config = {{ start_urls = ["{url}"], allow_private = ["{host}"] }}
"""

Told = Callable[..., Result]


@pytest.fixture
def told(quaero: Caller, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Calls a command with a text on its standard input; what is stored, or said, never holds the value."""

    def call(text: str, *arguments: str) -> Result:
        monkeypatch.setattr(
            sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode("utf-8", "surrogateescape")))
        )
        result = quaero(*arguments)
        assert VALUE not in result.out + result.err
        return result

    return call


@pytest.fixture
def intranet(told: Told) -> Told:
    """With a token stored under the name intranet."""
    assert told(f"{VALUE}\n", "auth", "add", "intranet", "--host", "wiki.example.org", "--bearer").code == 0
    return told


def key_file() -> Path:
    return KeySources.of_user().file


def test_a_token_is_stored_sealed_and_shown_without_itself(intranet: Told) -> None:
    assert stat.S_IMODE(key_file().stat().st_mode) == 0o600
    [listed] = intranet("", "auth", "list", "--json").json["items"]
    assert listed.keys() == KEYS
    assert (listed["name"], listed["kind"]) == ("intranet", "bearer")
    assert listed["hosts"] == ["https://wiki.example.org"]
    shown = intranet("", "auth", "show", "intranet", "--json").json
    assert shown == listed | {"opens_here": True, "parts": [{"header": "Authorization"}], "used_by": []}
    assert "intranet  bearer" in intranet("", "auth", "list").out
    assert "opens here:  yes" in intranet("", "auth", "show", "intranet").out
    assert VALUE not in intranet("", "db", "export", "-").out


def test_several_cookies_are_read_a_line_each(told: Told) -> None:
    added = told(
        f"{VALUE}\nen\n",
        *("auth", "add", "wiki", "--host", "a.example", "--host", "http://b.example:8080"),
        *("--cookie", "sid", "--cookie", "lang", "--json"),
    )
    assert added.json["hosts"] == ["https://a.example", "http://b.example:8080"]
    parts = told("", "auth", "show", "wiki", "--json").json["parts"]
    assert [(each["cookie"], each["domain"], each["secure"]) for each in parts] == [
        ("sid", "a.example", True),
        ("lang", "a.example", True),
        ("sid", "b.example", False),
        ("lang", "b.example", False),
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--cookie", f"sid={VALUE}"),
        ("--header", f"X-Key: {VALUE}"),
        ("--basic", f"me:{VALUE}"),
        ("--bearer", VALUE),
        ("--cookie", "sid", VALUE),
    ],
)
def test_a_value_on_the_command_line_is_refused_and_not_repeated(
    told: Told, arguments: tuple[str, ...]
) -> None:
    result = told(f"{VALUE}\n", "auth", "add", "wiki", "--host", "a.example", *arguments)
    assert result.code == 2
    assert "standard input" in result.err
    assert told("", "auth", "list", "--json").json["total"] == 0
    assert not key_file().exists()


@pytest.mark.parametrize(
    ("text", "arguments", "complaint"),
    [
        ("", ("--bearer",), "standard input, token: nothing came"),
        ("\n", ("--bearer",), "standard input, token: nothing came"),
        (f"{VALUE}\n", ("--cookie", "a", "--cookie", "b"), "standard input, cookie b: nothing came"),
        ("x" * 20_001, ("--bearer",), "a line of more than"),
        (f"{VALUE}\udcff\n", ("--bearer",), "is no text in UTF-8"),
        (f"{VALUE};\n", ("--cookie", "a"), "a character that no cookie has"),
        (f"{VALUE}\n", (), "one of --cookie, --header, --bearer, --basic is wanted"),
        (f"{VALUE}\n", ("--bearer", "--basic", "me"), "one of --cookie"),
        (f"{VALUE}\n", ("--bearer", "--host", "a b"), "a b: is no host"),
        (f"{VALUE}\n", ("--header", "Host"), "belongs to the connection"),
    ],
)
def test_what_cannot_be_stored_is_told_in_a_line_and_changes_nothing(
    told: Told, text: str, arguments: tuple[str, ...], complaint: str
) -> None:
    result = told(text, "auth", "add", "wiki", "--host", "a.example", *arguments)
    assert result.code == 2
    assert complaint in result.err
    assert len(result.err.splitlines()) == 1
    assert told("", "auth", "list", "--json").json["total"] == 0


def test_a_name_that_is_taken_is_said_before_anything_is_typed(intranet: Told) -> None:
    again = ("auth", "add", "intranet", "--host", "b.example", "--basic", "me")
    assert "there are such credentials already" in intranet("", *again).err
    assert intranet(f"{VALUE}\n", *again, "--replace").code == 0
    assert intranet("", "auth", "show", "intranet", "--json").json["hosts"] == ["https://b.example"]


def test_what_is_typed_is_not_shown(own_home: Path) -> None:
    """At a terminal the value is asked for, and the terminal does not echo it."""
    terminal, inner = pty.openpty()
    command = [*COMMAND, "auth", "add", "wiki", "--host", "a.example", "--bearer", "--json"]
    with subprocess.Popen(
        command, stdin=inner, stdout=inner, stderr=inner, start_new_session=True
    ) as process:
        os.close(inner)
        seen = b""
        try:
            while b"token: " not in seen:
                seen += read_from(terminal)
            os.write(terminal, f"{VALUE}\n".encode())
            while b'"updated_at"' not in seen:
                seen += read_from(terminal)
        finally:
            os.close(terminal)
            process.kill()
    assert VALUE.encode() not in seen
    assert b'"bearer"' in seen


def read_from(terminal: int) -> bytes:
    ready, _, _ = select.select([terminal], [], [], SECONDS)
    assert ready, "nothing came"
    return os.read(terminal, 10_000)


def test_cookies_of_a_browser_are_imported_from_a_file_or_the_standard_input(
    told: Told, tmp_path: Path
) -> None:
    lines = [
        f"wiki.example.org\tFALSE\t/docs\tTRUE\t4000000000\tsid\t{VALUE}",
        f"bank.example\tFALSE\t/\tTRUE\t4000000000\tsid\t{VALUE}",
        f"wiki.example.org\tFALSE\t/\tTRUE\t1\told\t{VALUE}",
    ]
    file = tmp_path / "cookies.txt"
    file.write_text("\n".join(lines))
    imported = told("", "auth", "import", "wiki", str(file), "--host", "wiki.example.org", "--json")
    assert imported.err == "left out: 1 expired, 1 for other hosts\n"
    assert (imported.json["kind"], imported.json["hosts"]) == ("imported", ["wiki.example.org"])
    assert told("", "auth", "show", "wiki", "--json").json["parts"] == [
        {
            "cookie": "sid",
            "domain": "wiki.example.org",
            "host_only": True,
            "path": "/docs",
            "secure": True,
            "expires_at": "2096-10-02T07:06:40.000Z",
        }
    ]
    entries = json.dumps([{"domain": ".example.org", "name": "sid", "value": VALUE}])
    assert told(entries, "auth", "import", "all", "-", "--json").json["hosts"] == [".example.org"]
    assert "part:        cookie sid of .example.org/, https only" in told("", "auth", "show", "all").out

    assert told("", "auth", "import", "wiki", str(file)).code == 2
    assert told("", "auth", "import", "new", str(tmp_path / "missing")).code == 3
    bad = told(f"{VALUE}\n", "auth", "import", "new", "-")
    assert bad.code == 2
    assert bad.err.startswith("error: standard input, line 1: has 1 fields between tabs, not 7.")
    assert len(bad.err.splitlines()) == 1
    assert told("", "auth", "list", "--json").json["total"] == 2


def test_what_is_deleted_is_gone_and_who_names_it_is_said(intranet: Told, tmp_path: Path) -> None:
    (tmp_path / "wiki.toml").write_text(DEFINITION)
    assert intranet("", "definitions", "import", "wiki.toml").err == ""
    assert intranet("", "auth", "show", "intranet", "--json").json["used_by"] == ["wiki"]
    deleted = intranet("", "auth", "delete", "intranet", "--json")
    assert deleted.json == {"name": "intranet", "deleted": True, "used_by": ["wiki"]}
    for command in ("show", "delete"):
        assert intranet("", "auth", command, "intranet").code == 3


def test_a_definition_with_unknown_credentials_can_be_kept_but_not_run(told: Told, tmp_path: Path) -> None:
    (tmp_path / "wiki.toml").write_text(DEFINITION)
    for command in (("definitions", "validate"), ("definitions", "import")):
        result = told("", *command, "wiki.toml")
        assert result.code == 0
        assert 'warning: wiki: auth names "intranet", and there are no such credentials' in result.err
    refused = told("", "run", "wiki.toml")
    assert refused.code == 2
    assert 'error: wiki: there are no credentials "intranet", which auth names' in refused.err
    assert told("", "jobs", "list", "--json").json["total"] == 0

    told(f"{VALUE}\n", "auth", "add", "intranet", "--host", "a.example", "--bearer")
    assert told("", "run", "wiki.toml").code == 0


def test_a_quick_crawl_shows_the_credentials_that_it_names(
    told: Told, site: SmallSite, tmp_path: Path
) -> None:
    host = site.url.rstrip("/")
    assert told("", "crawl", site.url, "--auth", "orchard").code == 2
    told(f"{VALUE}\n", "auth", "add", "orchard", "--host", host, "--cookie", "sid")
    assert (
        told("", "crawl", site.url, "--auth", "orchard", "--save-as", str(tmp_path / "saved.toml")).code == 0
    )
    assert 'auth = "orchard"' in (tmp_path / "saved.toml").read_text()
    assert site.cookies == {f"sid={VALUE}"}


def test_the_key_goes_to_another_machine_by_one_line(
    intranet: Told, quaero: Caller, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shown = quaero("auth", "key", "show")
    key = key_file().read_text().strip()
    assert shown.out == f"{VARIABLE}={key}\n"
    assert "everybody can open the credentials" in shown.err
    assert quaero("auth", "key", "show", "--json").json["key"] == key

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "elsewhere"))
    database = f"sqlite:///{tmp_path / 'home' / '.local' / 'share' / 'quaero' / 'quaero.db'}"
    shown_there = intranet("", "auth", "show", "intranet", "--json", "--database", database).json
    assert (shown_there["opens_here"], shown_there["parts"]) == (False, [])
    doctor = intranet("", "doctor", "--json", "--database", database)
    [check] = [each for each in doctor.json["checks"] if each["name"] == "auth"]
    assert (doctor.code, check["ok"]) == (1, False)
    assert "there is no key here" in check["remedy"]

    told_key = intranet(shown.out, "auth", "key", "import", "--json")
    assert told_key.json["place"] == str(tmp_path / "elsewhere" / "quaero" / "secret.key")
    assert key not in told_key.out + told_key.err
    doctor = intranet("", "doctor", "--json", "--database", database)
    [check] = [each for each in doctor.json["checks"] if each["name"] == "auth"]
    assert (check["ok"], check["text"]) == (True, "stored credentials: 1, all can be opened here")


def test_a_worker_elsewhere_needs_the_url_and_the_key(
    told: Told, quaero: Caller, site: SmallSite, place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    host = site.url.removesuffix("/")
    text = DEFINITION.partition("[[steps]]")[0] + CRAWL.format(url=site.url, host=host.partition("//")[2])
    (tmp_path / "wiki.toml").write_text(text)
    here = ("--database", place.url)
    told(f"{VALUE}\n", "auth", "add", "intranet", "--host", host, "--cookie", "sid", *here)
    key = quaero("auth", "key", "show", "--json").json["key"]
    assert told("", "run", "wiki.toml", "--detach", *here).code == 0

    monkeypatch.setenv("HOME", str(tmp_path / "elsewhere"))
    monkeypatch.setenv(VARIABLE, key)
    assert not key_file().exists()
    with running("worker", "--until-idle", *here) as worker:
        ended = end_of(worker)
    assert ended.code == 0
    assert site.cookies == {f"sid={VALUE}"}
    assert key not in ended.out + ended.err
    assert VALUE not in ended.out + ended.err
    [run] = told("", "jobs", "list", "--root", "--json", *here).json["items"]
    assert run["children"]["completed"] == 3


def test_a_key_does_not_take_the_place_of_another_unasked(intranet: Told, quaero: Caller) -> None:
    before = key_file().read_text()
    refused = intranet(OTHER.text(), "auth", "key", "import")
    assert refused.code == 2
    assert "is there already" in refused.err
    assert key_file().read_text() == before
    assert intranet(OTHER.text(), "auth", "key", "import", "--replace").code == 0
    problem = intranet("", "auth", "show", "intranet").out
    assert f"the key here is {OTHER.id}" in problem


def test_without_a_key_there_is_none_to_show(quaero: Caller) -> None:
    result = quaero("auth", "key", "show")
    assert result.code == 3
    assert "there is no key here yet" in result.err
    assert not key_file().exists()


def test_what_is_no_key_is_refused_and_not_repeated(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(VALUE, "auth", "key", "import").code == 2
    assert told("", "auth", "key", "import", VALUE).code == 2
    assert not key_file().exists()
    monkeypatch.setenv(VARIABLE, VALUE)
    assert told(f"{VALUE}\n", "auth", "add", "wiki", "--host", "a.example", "--bearer").code == 2
    assert f"{VARIABLE}: this is no key" in told("", "auth", "key", "show").err


def test_a_key_of_the_environment_comes_first_and_that_is_said(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, OTHER.text())
    told(f"{VALUE}\n", "auth", "add", "wiki", "--host", "a.example", "--bearer")
    assert not key_file().exists()
    kept = told(SecretKey(bytes(range(32))).text(), "auth", "key", "import")
    assert f"warning: {VARIABLE} is set here" in kept.err
    assert told("", "auth", "show", "wiki", "--json").json["opens_here"] is True


def test_the_doctor_has_nothing_against_a_store_without_credentials(quaero: Caller) -> None:
    result = quaero("doctor")
    assert result.code == 0
    assert "no credentials are stored" in result.out
