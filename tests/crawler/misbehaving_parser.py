"""A parser process that does to each page what the page says: the ways in which real ones go wrong."""

import os
import signal
import sys

from quaero.crawler.page import ParsedPage, ParseRequest
from quaero.crawler.parser_process import run
from quaero.models.errors import FetchError


def page(markdown: str) -> ParsedPage:
    return ParsedPage(
        title="",
        description="",
        language="",
        canonical=None,
        links=(),
        links_found=0,
        markdown=markdown,
        content_hash="",
        source=b"",
        index=True,
        follow=True,
    )


def parse(request: ParseRequest) -> ParsedPage:
    text = request.body.decode()
    match text:
        case "loop" | "memory" | "crash":
            take_too_much(text)
        case "depth":
            return parse_deeper(request)
        case "bug":
            raise ZeroDivisionError("no such number")
        case "refuse":
            raise FetchError("not for us", code="unsupported_content_type", where=request.url)
        case "print":
            print("a library talks", flush=True)  # noqa: T201
        case "long":
            return page("x" * 70_000_000)
    return page(f"{os.getpid()} {text}")


def take_too_much(what: str) -> None:
    hoard = []
    while what == "loop":
        pass
    while what == "memory":
        hoard.append(bytes(1_000_000))
    os.kill(os.getpid(), signal.SIGSEGV)


def parse_deeper(request: ParseRequest) -> ParsedPage:
    return parse_deeper(request)


if __name__ == "__main__":
    run(parse, int(sys.argv[1]), int(sys.argv[2]))
