import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from quaero.crawler.page import ParseRequest
from quaero.crawler.parser_pool import ParserPool, environment
from quaero.crawler.scope import ScopeRules
from quaero.models.errors import FetchError

MISBEHAVING = (sys.executable, str(Path(__file__).with_name("misbehaving_parser.py")))
HALF_A_GIGABYTE = 512 * 1024**2


def request(body: bytes, content_type: str = "text/html") -> ParseRequest:
    scope = ScopeRules(allowed_hosts=("example.org",))
    return ParseRequest(body=body, url="https://example.org/page", content_type=content_type, scope=scope)


@pytest.fixture
async def pool() -> AsyncIterator[ParserPool]:
    """One process that does what its pages say."""
    hasty = ParserPool(deadline_seconds=0.5, memory_bytes=HALF_A_GIGABYTE, command=MISBEHAVING)
    yield hasty
    await hasty.close()


async def pid_and_text(pool: ParserPool, body: bytes) -> tuple[int, str]:
    pid, _, text = (await pool.parse(request(body))).markdown.partition(" ")
    return int(pid), text


async def failure(pool: ParserPool, body: bytes) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await pool.parse(request(body))
    return caught.value


async def test_a_page_is_parsed_in_another_process() -> None:
    pool = ParserPool()
    html = b'<title>Greeting</title><main><h1>Hello</h1><p>World, <a href="/next">go on</a>.</p></main>'
    page = await pool.parse(request(html, "text/html; charset=utf-8"))
    await pool.close()
    assert page.title == "Greeting"
    assert "World" in page.markdown
    assert page.links == ("https://example.org/next",)


async def test_answers_go_to_those_who_asked(pool: ParserPool) -> None:
    bodies = [f"page {number}".encode() for number in range(40)]
    answers = await asyncio.gather(*(pid_and_text(pool, body) for body in bodies))
    assert [text.encode() for _, text in answers] == bodies
    assert len({pid for pid, _ in answers}) == 1


async def test_a_body_of_megabytes_goes_through_whole(pool: ParserPool) -> None:
    body = b"abcdefgh" * 1_000_000
    assert (await pid_and_text(pool, body))[1].encode() == body


async def test_work_is_spread_over_as_many_processes_as_allowed() -> None:
    pool = ParserPool(2, command=MISBEHAVING)
    pids = {pid for pid, _ in await asyncio.gather(*(pid_and_text(pool, b"x") for _ in range(40)))}
    while len(pids) < 2:  # the second one may need longer to start than all of the above takes
        pids |= {pid for pid, _ in await asyncio.gather(*(pid_and_text(pool, b"x") for _ in range(40)))}
    await pool.close()
    assert len(pids) == 2


@pytest.mark.parametrize("poison", [b"loop", b"memory", b"crash", b"depth", b"long"])
async def test_a_page_that_takes_too_much_fails_alone(pool: ParserPool, poison: bytes) -> None:
    healthy, doomed, behind = await asyncio.gather(
        pid_and_text(pool, b"before"),
        failure(pool, poison),
        asyncio.gather(*(pid_and_text(pool, b"behind") for _ in range(6))),
    )
    assert (doomed.code, doomed.retryable) == ("parse_limit", False)
    assert doomed.where == "https://example.org/page"
    assert healthy[1] == "before"
    assert [text for _, text in behind] == ["behind"] * 6


@pytest.mark.parametrize("poison", [b"loop", b"memory", b"crash"])
async def test_the_process_of_such_a_page_is_replaced(pool: ParserPool, poison: bytes) -> None:
    before, _ = await pid_and_text(pool, b"x")
    await failure(pool, poison)
    after, _ = await pid_and_text(pool, b"x")
    assert before != after
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)


async def test_many_such_pages_in_a_row_are_no_more_of_a_problem(pool: ParserPool) -> None:
    errors = await asyncio.gather(*(failure(pool, b"crash") for _ in range(5)))
    assert {error.code for error in errors} == {"parse_limit"}
    assert (await pid_and_text(pool, b"x"))[1] == "x"


async def test_the_wait_behind_other_pages_does_not_count_for_the_deadline(pool: ParserPool) -> None:
    *loops, patient = [asyncio.create_task(pool.parse(request(body))) for body in (b"loop", b"loop", b"x")]
    await asyncio.wait(loops)
    assert (await patient).markdown.endswith(" x")


async def test_a_page_that_takes_too_long_is_ended_by_the_deadline(pool: ParserPool) -> None:
    assert (await failure(pool, b"loop")).what == "reading the page takes longer than 0.5 seconds"


async def test_the_deadline_holds_again_after_the_process_was_idle(pool: ParserPool) -> None:
    await pid_and_text(pool, b"x")
    await asyncio.sleep(0.6)  # longer than a deadline
    assert (await pid_and_text(pool, b"x"))[1] == "x"
    assert "0.5 seconds" in (await failure(pool, b"loop")).what


async def test_an_error_of_the_parser_has_its_own_code_and_ends_no_process(pool: ParserPool) -> None:
    before, _ = await pid_and_text(pool, b"x")
    error = await failure(pool, b"bug")
    assert error.code == "parse_failed"
    assert "no such number" in error.what
    assert (await pid_and_text(pool, b"x"))[0] == before


async def test_an_expected_error_comes_through_as_it_was_raised(pool: ParserPool) -> None:
    error = await failure(pool, b"refuse")
    assert (error.code, error.what) == ("unsupported_content_type", "not for us")
    assert error.where == "https://example.org/page"


async def test_what_a_library_prints_does_not_get_between_the_answers(pool: ParserPool) -> None:
    assert (await pid_and_text(pool, b"print"))[1] == "print"
    assert (await pid_and_text(pool, b"x"))[1] == "x"


async def test_a_page_nobody_waits_for_any_more_does_no_harm(pool: ParserPool) -> None:
    given_up = [asyncio.create_task(pool.parse(request(b"x"))) for _ in range(6)]
    await asyncio.sleep(0)
    for task in given_up:
        task.cancel()
    assert (await pid_and_text(pool, b"y"))[1] == "y"
    assert all(task.cancelled() for task in given_up)


async def test_a_page_that_is_too_large_is_not_even_sent(pool: ParserPool) -> None:
    assert (await failure(pool, bytes(70_000_000))).code == "parse_limit"


@pytest.mark.parametrize("command", [("/no/such/program",), (sys.executable, "-c", "raise SystemExit(3)")])
async def test_a_process_that_does_not_start_is_an_error_for_all(command: tuple[str, ...]) -> None:
    pool = ParserPool(command=command)
    errors = await asyncio.gather(*(failure(pool, b"x") for _ in range(5)))
    await pool.close()
    assert {error.code for error in errors} == {"parser_unavailable"}


async def test_closing_ends_the_processes_and_fails_what_is_under_way(pool: ParserPool) -> None:
    pid, _ = await pid_and_text(pool, b"x")
    under_way = [asyncio.create_task(failure(pool, b"loop")) for _ in range(5)]
    await asyncio.sleep(0)
    await pool.close()
    assert {(await task).code for task in under_way} <= {"parser_unavailable", "parse_limit"}
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert (await failure(pool, b"x")).code == "parser_unavailable"


async def test_nothing_is_started_before_there_is_work() -> None:
    pool = ParserPool(command=("/no/such/program",))
    await pool.close()


@pytest.mark.skipif(sys.platform != "linux", reason="waits for the process by its pidfd")
def test_a_process_ends_with_the_one_that_started_it() -> None:
    """Also when that one is killed without a chance to clean up."""
    script = (
        "import asyncio, sys\n"
        "from quaero.crawler.parser_pool import ParserPool\n"
        "from quaero.crawler.page import ParseRequest\n"
        "from quaero.crawler.scope import ScopeRules\n"
        "async def main():\n"
        f"    pool = ParserPool(command={MISBEHAVING!r})\n"
        "    request = ParseRequest(b'x', 'https://example.org/', 'text/html', ScopeRules(()))\n"
        "    print((await pool.parse(request)).markdown, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen((sys.executable, "-c", script), stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = os.pidfd_open(int(parent.stdout.readline().split()[0]))
        parent.send_signal(signal.SIGKILL)
        ended, _, _ = select.select([child], [], [], 10)
    os.close(child)
    assert ended


def test_a_page_without_end_ends_by_its_cpu_limit_when_nobody_watches() -> None:
    assert exit_code(b"loop", cpu_seconds=0) == -signal.SIGXCPU


def test_a_process_whose_input_ends_ends_well() -> None:
    assert exit_code(b"x", cpu_seconds=5) == 0


def exit_code(body: bytes, *, cpu_seconds: int) -> int:
    """How a process ends that gets one page and then the end of its input."""
    command = (*MISBEHAVING, str(HALF_A_GIGABYTE), str(cpu_seconds))
    frame = bytes(ParserPool()._framed(request(body)))
    return subprocess.run(command, input=frame, stdout=subprocess.DEVNULL, timeout=30, check=False).returncode


def test_a_process_that_reads_strangers_pages_sees_no_secret_of_ours() -> None:
    ours = {
        "PATH": "/bin",
        "QUAERO_DATABASE": "postgresql://u:secret@h/d",
        "PGPASSWORD": "secret",
        "TOKEN": "secret",
    }
    assert environment(ours) == {"PATH": "/bin"}
