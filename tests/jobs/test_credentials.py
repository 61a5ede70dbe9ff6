"""A crawl whose definition names credentials: what servers see of them, and that nobody else sees anything."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from quaero.crawler.credentials import bearer, own_cookies
from quaero.jobs.credentials import GOOD_FOR_SECONDS, Credentials
from quaero.jobs.engine import Engine
from quaero.jobs.summary import RunSummary
from quaero.models.definition import JobDefinition, JobStep, RetryPolicy
from quaero.models.errors import ConflictError, JobFailure, NotFoundError
from quaero.models.job import JobState
from quaero.models.outcome import LogLevel
from quaero.models.toml_writer import ConfigValue
from quaero.secrets.key import SecretKey
from quaero.secrets.key_sources import VARIABLE, KeySources
from quaero.secrets.sealed_credential import SealedError
from quaero.testing import finish, open_test_engine, run_to_end
from tests.crawler.misbehaving_server import Exchange, MisbehavingServer, running_server
from tests.places import Place, SqlitePlace

KEY, OTHER = SecretKey(bytes(range(32))), SecretKey(bytes(32))
VALUE = "nobody-may-see"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The key of this machine is in the environment; there is no file."""
    monkeypatch.setenv(VARIABLE, KEY.text())
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
async def server() -> AsyncIterator[MisbehavingServer]:
    async with running_server() as running:
        running.on("/", let_in)
        yield running


@pytest.fixture
async def stranger() -> AsyncIterator[MisbehavingServer]:
    async with running_server() as running:
        running.serve("/", b"<html><body><main><p>Words of others.</p></main></body></html>")
        yield running


@pytest.fixture
async def engine(place: Place) -> AsyncIterator[Engine]:
    async with open_test_engine(place.url) as engine:
        yield engine
        assert await engine.store.check() == ()


async def let_in(exchange: Exchange) -> None:
    """Pages for those who are let in; /page leads on to a stranger, by a link and by a redirect."""
    if exchange.request.headers.get("authorization") != f"bearer {VALUE}":
        await exchange.answer(b"<html>Log in first.</html>", status=401)
    else:
        await exchange.answer(b'<html><body><main><p>Inside. <a href="/next">n</a></p></main></body></html>')


def definition(server: MisbehavingServer, *also: MisbehavingServer, attempts: int = 1) -> JobDefinition:
    """A crawl of the server, which may lead to the others."""
    config: dict[str, ConfigValue] = {
        "start_urls": [server.url("/")],
        "allowed_hosts": [each.host for each in (server, *also)],
        "allow_private": [each.host for each in (server, *also)],
        "max_depth": 3,
    }
    policy = RetryPolicy(max_attempts=attempts, backoff_ms=1, max_backoff_ms=2)
    return JobDefinition(
        id="inside", name="Inside", steps=(JobStep("crawl", "crawl", config, retry=policy),), auth="wiki"
    )


async def store_token(engine: Engine, server: MisbehavingServer, token: str = VALUE) -> None:
    await engine.control.credentials.keep("wiki", bearer([f"http://{server.host}"], token), replace=True)


def saw(server: MisbehavingServer) -> set[str]:
    """The paths that a server was asked for with credentials."""
    return {
        each.path
        for each in server.requests
        if VALUE in str(each.headers) or "cookie" in each.headers or "authorization" in each.headers
    }


async def warnings(engine: Engine, summary: RunSummary) -> list[str]:
    return [line.message for line in await engine.store.log(summary.job.id, levels=[LogLevel.WARNING])]


async def test_a_crawl_is_let_in_and_shows_its_credentials_to_nobody_else(
    engine: Engine, server: MisbehavingServer, stranger: MisbehavingServer
) -> None:
    server.on("/next", let_in)
    server.redirect("/away", stranger.url("/landed"))
    stranger.serve("/landed", b"<html><body><main><p>More words of others.</p></main></body></html>")
    link = f'<a href="{stranger.url("/")}">s</a> <a href="/away">a</a>'.encode()

    async def start(exchange: Exchange) -> None:
        assert exchange.request.headers["authorization"] == f"bearer {VALUE}"
        await exchange.answer(
            b"<html><body><main><p>Start. " + link + b' <a href="/next">n</a></p></main></body></html>'
        )

    server.on("/", start)
    server.serve("/robots.txt", b"User-agent: *\nDisallow: /never\n", content_type="text/plain")
    await store_token(engine, server)
    summary = await run_to_end(engine, definition(server, stranger))
    assert (summary.job.state, summary.documents.created) == (JobState.COMPLETED, 4)
    assert saw(server) == {"/", "/next", "/away"}  # and not the rules for crawlers, which are for everybody
    assert {"/robots.txt", "/", "/landed"} <= set(stranger.paths())
    assert saw(stranger) == set()
    assert await warnings(engine, summary) == []


async def test_nothing_of_them_is_in_what_a_run_leaves(
    engine: Engine, server: MisbehavingServer, place: Place, tmp_path: Path
) -> None:
    server.redirect("/next", "/missing")
    server.serve("/missing", b"gone", status=404)
    await store_token(engine, server)
    summary = await run_to_end(engine, definition(server))
    assert summary.steps[0].progress.counts.failed == 1
    run = summary.job.id
    left = [
        *await engine.store.log(run), *await engine.store.events(run), *await engine.store.credentials(),
        await engine.store.run(run), summary,
    ]  # fmt: skip
    await engine.store.export(left.append)
    assert VALUE not in str(left)
    if isinstance(place, SqlitePlace):
        assert VALUE.encode() not in all_bytes(tmp_path)


def all_bytes(folder: Path) -> bytes:
    """The database with what has not been moved into its main file yet."""
    found = b"".join(file.read_bytes() for file in folder.iterdir() if file.is_file())
    assert found
    return found


async def test_a_run_is_refused_while_its_credentials_are_not_there(
    engine: Engine, server: MisbehavingServer
) -> None:
    with pytest.raises(
        ConflictError, match=r'there are no credentials "wiki", which auth names.*quaero auth'
    ):
        await engine.control.launch(definition(server))
    assert server.requests == []
    await store_token(engine, server)
    assert (await run_to_end(engine, definition(server))).job.state is JobState.COMPLETED


async def test_credentials_for_another_host_are_not_shown_and_the_log_says_so(
    engine: Engine, server: MisbehavingServer, stranger: MisbehavingServer
) -> None:
    await store_token(engine, stranger)
    summary = await run_to_end(engine, definition(server))
    assert [group.code for group in summary.steps[0].errors] == ["http_401"]
    assert saw(server) == set()
    [warning] = [each for each in await warnings(engine, summary) if "credentials" in each]
    assert warning == (
        'asked for without the credentials "wiki": nothing of them is for this URL now; '
        f"they belong to http://{stranger.host}"
    )


async def test_without_their_key_nothing_is_asked_for_and_the_error_names_the_key(
    engine: Engine, server: MisbehavingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store_token(engine, server)
    run_id = await engine.control.launch(definition(server, attempts=2))
    monkeypatch.setenv(VARIABLE, OTHER.text())
    engine.control.credentials.forget()
    failed = await finish(engine, run_id)
    [group] = failed.steps[0].errors
    assert (group.code, group.example.attempt) == ("sealed", 2)  # another machine may have had the key
    assert f"sealed with the key {KEY.id}; the key here is {OTHER.id}" in (group.example.error or "")
    assert server.requests == []

    monkeypatch.setenv(VARIABLE, KEY.text())
    await engine.control.retry(run_id)
    assert (await finish(engine, run_id)).job.state is JobState.COMPLETED


async def test_a_crawl_whose_credentials_were_deleted_fails_and_says_what_to_do(
    engine: Engine, server: MisbehavingServer
) -> None:
    await store_token(engine, server)
    run_id = await engine.control.launch(definition(server, attempts=3))
    await engine.store.delete_credential("wiki")
    engine.control.credentials.forget()
    failed = await finish(engine, run_id)
    [group] = failed.steps[0].errors
    assert (group.code, group.example.attempt) == ("no_credentials", 1)
    assert server.requests == []


async def test_jobs_open_them_once_and_again_after_a_while(engine: Engine, server: MisbehavingServer) -> None:
    seconds = 0.0
    credentials = Credentials(engine.store, seconds=lambda: seconds)
    await credentials.keep("wiki", own_cookies(["https://wiki.example.org"], {"sid": "old"}))
    assert (await credentials.for_job("wiki")).cookies[0].value == "old"

    others = Credentials(engine.store)  # of another process
    await others.keep("wiki", own_cookies(["https://wiki.example.org"], {"sid": "new"}), replace=True)
    assert (await credentials.for_job("wiki")).cookies[0].value == "old"
    seconds = GOOD_FOR_SECONDS
    assert (await credentials.for_job("wiki")).cookies[0].value == "new"

    await engine.store.delete_credential("wiki")
    seconds = 2 * GOOD_FOR_SECONDS
    with pytest.raises(JobFailure, match="there are no credentials") as caught:
        await credentials.for_job("wiki")
    assert not caught.value.retryable


async def test_the_key_is_found_among_all_that_are_here(
    engine: Engine, server: MisbehavingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store_token(engine, server)
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(SealedError, match=f"the key {KEY.id}; there is no key here"):
        await engine.control.credentials.open("wiki")
    KeySources.of_user().keep(KEY)
    monkeypatch.setenv(VARIABLE, OTHER.text())
    assert (await engine.control.credentials.open("wiki")).kind == "bearer"
    assert await engine.control.credentials.problem(await engine.store.credential("wiki")) == ""
    with pytest.raises(NotFoundError):
        await engine.control.credentials.open("unknown")


async def test_a_definition_without_auth_needs_no_key(
    engine: Engine, stranger: MisbehavingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "no key at all")
    plain = JobDefinition(id="plain", name="Plain", steps=definition(stranger).steps)
    assert (await run_to_end(engine, plain)).job.state is JobState.COMPLETED
