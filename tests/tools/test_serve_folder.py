"""The server of real documentation and of the benchmarks, as its callers start it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "tools" / "serve_folder.py"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    secret = tmp_path_factory.mktemp("outside") / "secret.html"
    secret.write_text("secret")
    folder = tmp_path_factory.mktemp("site")
    (folder / "part").mkdir()
    (folder / "part" / "index.html").write_text("<p>begin</p>")
    (folder / "two words.css").write_text("p {}")
    (folder / "link.html").symlink_to(secret)
    with subprocess.Popen([sys.executable, PROGRAM, folder], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()


def fetched(url: str, target: str) -> tuple[int, str, str]:
    """Status, content type and body."""
    with closing(HTTPConnection(url.removeprefix("http://"), timeout=10)) as connection:
        connection.request("GET", target)
        response = connection.getresponse()
        return response.status, response.headers["Content-Type"], response.read().decode()


def test_a_folder_is_its_index_page(url: str) -> None:
    assert fetched(url, "/part/") == fetched(url, "/part/index.html") == (200, "text/html", "<p>begin</p>")


def test_the_content_type_follows_the_name(url: str) -> None:
    assert fetched(url, "/two%20words.css?v=1") == (200, "text/css", "p {}")


@pytest.mark.parametrize("target", ["/link.html", "/../secret.html", "/missing.html", "/part"])
def test_nothing_else_is_served(url: str, target: str) -> None:
    assert fetched(url, target)[0] == 404


def test_what_is_no_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, PROGRAM, tmp_path / "none"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "is not a folder" in done.stderr.splitlines()[-1]
