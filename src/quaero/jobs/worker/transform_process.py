"""The process in which transformations are made: strangers' pages are read and written there, within limits.

Started as `python -m quaero.jobs.worker.transform_process MEMORY_BYTES CPU_SECONDS`, as those that parse for a crawl.
"""

import sys
from typing import Final

from quaero.crawler.content_type import charset_of
from quaero.crawler.html_tree import parse_html
from quaero.crawler.page import ParseRequest, parse_page
from quaero.crawler.parser_process import serve
from quaero.crawler.scope import ScopeRules
from quaero.jobs.worker.transform_frames import Made, Raw
from quaero.models.document import content_hash
from quaero.transform import Page
from quaero.transform.rendering import render

MISTAKES_TOLD: Final = 20


def make(raw: Raw) -> Made:
    """Read the body as a crawl does, and write the output."""
    page = parse_page(
        ParseRequest(raw.body, raw.base, raw.content_type, ScopeRules(allowed_hosts=()), raw.extract)
    )
    title, language = raw.title or page.title, page.language or raw.language
    written = ""
    if raw.output_format is not None:
        written = render(Page(title, page.markdown, raw.url, language, raw.facts), raw.output_format)
    mistakes = _mistakes(raw) if raw.validate else []
    return Made(
        title=title,
        description=page.description,
        language=language,
        markdown=page.markdown,
        content_hash=content_hash(title, page.markdown),
        written=written,
        source=page.source,
        mistakes=tuple(mistakes[:MISTAKES_TOLD]),
        mistakes_found=len(mistakes),
    )


def _mistakes(raw: Raw) -> list[str]:
    found = parse_html(raw.body, charset_of(raw.content_type)).errors
    return [f"line {each.line}, column {each.col}: {each.code}" for each in found]


if __name__ == "__main__":
    serve(make, Raw, int(sys.argv[1]), int(sys.argv[2]))
