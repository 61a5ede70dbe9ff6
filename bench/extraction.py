"""How well and how fast the main content of a page is found: word F1 against what people marked.

Reads `extraction-dev.jsonl.xz` from the folder that QUAERO_DATA names; without it there is nothing to measure.

    QUAERO_DATA=folder python bench/extraction.py [--json]
"""

import argparse
import json
import lzma
import os
import re
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from quaero.crawler.page import ParseRequest, parse_page
from quaero.crawler.scope import ScopeRules

WORD = re.compile(r"\w+")
READER = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True, slots=True)
class Result:
    page_type: str
    word_f1: float
    with_kept: float
    without_dropped: float
    milliseconds: float


def plain_text(markdown: str) -> str:
    """The text of Markdown as a reader sees it: no targets of links, no images, no markup."""
    return "\n".join(_inline_text(token) for token in READER.parse(markdown) if token.content)


def _inline_text(token: Token) -> str:
    if token.type != "inline":
        return token.content
    return "".join(
        "\n" if child.type in ("softbreak", "hardbreak") else child.content
        for child in token.children or ()
        if child.type != "image"
    )


def word_f1(expected: str, found: str) -> float:
    """Harmonic mean of precision and recall of the bags of words; two empty texts are equal."""
    wanted, given = Counter(WORD.findall(expected.lower())), Counter(WORD.findall(found.lower()))
    if not wanted and not given:
        return 1.0
    return 2 * (wanted & given).total() / (wanted.total() + given.total())


def share(snippets: list[str], text: str) -> float:
    """The share of the snippets whose words occur in a row in the text; 1 without snippets."""
    words = " ".join(WORD.findall(text.lower()))
    hits = [" ".join(WORD.findall(snippet.lower())) in words for snippet in snippets]
    return statistics.fmean(hits) if hits else 1.0


def measure(page: dict[str, Any]) -> Result:
    request = ParseRequest(
        body=page["html"].encode("latin-1"),
        url="http://page.example/",
        content_type="text/html",
        scope=ScopeRules(allowed_hosts=("page.example",)),
    )
    started = time.process_time()
    parsed = parse_page(request)
    spent = time.process_time() - started
    text = plain_text(parsed.markdown)
    return Result(
        page_type=page["page_type"],
        word_f1=word_f1(page["main_content"], text),
        with_kept=share(page["with"], text),
        without_dropped=1 - share(page["without"], text) if page["without"] else 1.0,
        milliseconds=spent * 1000,
    )


def figures(results: Iterable[Result]) -> dict[str, float]:
    """All figures by a name that says what and in which unit."""
    found = list(results)
    scores: dict[str, list[float]] = defaultdict(list)
    for result in found:
        scores[result.page_type].append(result.word_f1)
    return {
        "mean_word_f1": statistics.fmean(result.word_f1 for result in found),
        **{f"{name}s_word_f1": statistics.fmean(values) for name, values in sorted(scores.items())},
        "share_of_with_snippets_kept": statistics.fmean(result.with_kept for result in found),
        "share_of_without_snippets_dropped": statistics.fmean(result.without_dropped for result in found),
        "milliseconds_per_page": statistics.fmean(result.milliseconds for result in found),
        "pages": len(found),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    as_json = parser.parse_args().json
    folder = os.environ.get("QUAERO_DATA")
    path = Path(folder or ".") / "extraction-dev.jsonl.xz"
    if not folder or not path.is_file():
        print("skipped: QUAERO_DATA names no folder with extraction-dev.jsonl.xz")
        return
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        measured = figures(measure(json.loads(line)) for line in lines)
    if as_json:
        print(json.dumps({name: round(value, 4) for name, value in measured.items()}))
        return
    for name, value in measured.items():
        print(f"{name:36} {value:10.3f}")


if __name__ == "__main__":
    main()
