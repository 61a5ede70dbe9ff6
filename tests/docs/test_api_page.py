"""The page of the API is that of the API that there is, and its examples do what they say."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from quaero.jobs.engine import Engine
from quaero.secrets.key import SecretKey
from quaero.secrets.key_sources import VARIABLE
from tests.docs.markdown import DOCS, ROOT
from tests.web.serving import TOKEN, Served, served_at

PAGE = DOCS / "api.md"
NOT_NOW = {409}
"""An example may meet a thing that does not allow it now: a run that has ended cannot be paused."""


def examples() -> list[list[str]]:
    """The words of each command: first what makes things, then what looks, what steers, what deletes."""
    text = PAGE.read_text("utf-8")
    found = [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    return sorted((shlex.split(line) for line in found), key=_turn)


def _turn(words: list[str]) -> int:
    method, url = _method(words), words[-1]
    if method == "DELETE":
        return 3
    if method == "GET":
        return 1
    return 0 if re.search(r"/api/(auth|job-definitions|variables/host|demo)(/|$)", url) else 2


def _method(words: list[str]) -> str:
    return words[words.index("-X") + 1] if "-X" in words else "GET"


@pytest.fixture
def garden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A server with the real kinds of work, and the sample site in it."""
    monkeypatch.setenv(VARIABLE, SecretKey.new().text())
    with served_at(f"sqlite:///{tmp_path}/web.db", installed=True) as served:
        with served.client() as client:
            run_id = int(client.post("/api/demo").json()["job_id"])
            served.call(lambda engine: _ended(engine, run_id))
            client.post("/api/gates", json={"scope": "all", "paused": True})  # the examples crawl real hosts
        yield served


async def _ended(engine: Engine, run_id: int) -> None:
    async for _ in engine.hub.follow(run_id):
        pass


def asked(client: httpx.Client, words: list[str]) -> httpx.Response:
    """What `curl` would ask."""
    headers, query, body = {}, {}, None
    options = iter(words[1:-1])
    for option in options:
        if option == "-H":
            name, _, value = next(options).partition(": ")
            headers[name] = value.replace("$TOKEN", TOKEN)
        elif option == "-d":
            body = next(options).replace("$TOKEN", TOKEN)
        elif option == "--data-urlencode":
            name, _, value = next(options).partition("=")
            query[name] = value
        elif option == "-X":
            next(options)
    path = words[-1].removeprefix("$SERVER")
    return client.request(_method(words), path, headers=headers, params=query or None, content=body)


def test_the_page_of_the_api_is_up_to_date() -> None:
    tool = ROOT / "tools" / "write_api.py"
    looked = subprocess.run([sys.executable, tool, "--check"], capture_output=True, text=True, check=False)
    assert looked.returncode == 0, looked.stderr


def test_every_example_of_the_api_works(garden: Served) -> None:
    """Against a server that has the sample site."""
    wrong = []
    with garden.client(token=None) as client:
        for words in examples():
            answer = asked(client, words)
            if answer.is_error and answer.status_code not in NOT_NOW:
                wrong.append(f"{answer.status_code} {shlex.join(words)}: {answer.text[:200]}")
    assert not wrong, "\n".join(wrong)
