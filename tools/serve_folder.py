"""Serves a folder of HTML on the loopback address.

Prints its URL as the first line and serves until it is terminated. All files are read beforehand, so that a
measurement against it measures the client.
"""

import argparse
import asyncio
import mimetypes
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote

from quaero.demo.answer import NOT_FOUND, Answer
from quaero.demo.loopback import Answering, loopback_server


def folder_answering(folder: Path) -> Answering:
    """The answers for all files below `folder`; `index.html` also stands for its folder.

    A link to a file outside is no part of the site.
    """
    answers = _answers(folder.resolve())

    def answering(target: str) -> Answer:
        return answers.get(target) or answers.get(unquote(target.partition("?")[0]), NOT_FOUND)

    return answering


def _answers(folder: Path) -> Mapping[str, Answer]:
    answers: dict[str, Answer] = {}
    for file in sorted(folder.rglob("*")):
        if not file.is_file() or not file.resolve().is_relative_to(folder):
            continue
        path = "/" + file.relative_to(folder).as_posix()
        content_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        answers[path] = Answer(HTTPStatus.OK, content_type, file.read_bytes())
        if file.name == "index.html":
            answers[path.removesuffix("index.html")] = answers[path]
    return answers


async def _serve(folder: Path, port: int) -> None:
    async with loopback_server(folder_answering(folder), port) as url:
        print(url, flush=True)
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve a folder of HTML on the loopback address.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    arguments = parser.parse_args()
    if not arguments.folder.is_dir():
        parser.error(f"{arguments.folder} is not a folder")
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(arguments.folder, arguments.port))


if __name__ == "__main__":
    main()
