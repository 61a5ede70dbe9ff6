"""How good the keywords of the local extractor are, beside yake and RAKE: precision, recall and F1 of the first ten.

The texts and their keywords are in `support/keywords.toml`: 44 short texts of many subjects, 38 English and 6 German,
written for this project before any of the three had seen them. Half of them (`held out`) were not looked at while our
own weights were tuned; read those figures first. Two keywords are the same if their words have the same stems (exact),
or if all words of one are in the other (partial). Each figure is the mean over texts.

yake runs in an environment of its own, which is downloaded the first time, with its default of three words for the
longest phrase, and with less. RAKE is our own, as
published, with our stop words.

    python bench/keywords.py [--json] [--no-peers]
"""

import argparse
import json
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from support.peers import PeerMissingError, peer_python
from support.rake import rake
from support.tables import print_table

from quaero.agents import Reading
from quaero.agents.keyword_extractor import KeywordExtractor, KeywordOptions
from quaero.agents.text.stems import stem

TEXTS = Path(__file__).parent / "support" / "keywords.toml"
YAKE = "yake==0.7.3"
YAKE_SCRIPT = Path(__file__).parent / "peers" / "yake_keywords.py"
TOP = 10


class Text(NamedTuple):
    title: str
    text: str
    language: str
    held_out: bool
    keywords: list[str]

    @property
    def whole(self) -> str:
        return f"{self.title}.\n\n{self.text}"


class Quality(NamedTuple):
    precision: float
    recall: float
    f1: float


Extract = Callable[[Sequence[Text]], list[list[str]]]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--no-peers", action="store_true", help="without yake, which has to be downloaded")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    texts = read()
    contestants: dict[str, Extract] = {"quaero": ours, "RAKE": by_rake}
    if not options.no_peers:
        contestants |= {
            f"yake, up to {longest} words": partial(by_yake, longest=longest) for longest in (3, 2, 1)
        }
    try:
        answers = {name: timed(extract, texts) for name, extract in contestants.items()}
    except PeerMissingError as error:
        print(f"skipped: {error}; or ask for --no-peers")
        return 0
    if options.json:
        print(json.dumps({name: figures(texts, found) for name, (found, _) in answers.items()}, indent=2))
        return 0
    for held_out in (True, False):
        print_part(texts, answers, held_out=held_out)
    for name, (_, seconds) in answers.items():
        print(
            f"{name}: {seconds * 1000 / len(texts):.1f} ms a text"
            + (", with its start" if "yake" in name else "")
        )
    return 0


def read() -> list[Text]:
    listed = tomllib.loads(TEXTS.read_text("utf-8"))["documents"]
    return [
        Text(each["title"], each["text"], _language(each), each.get("held_out", False), each["keywords"])
        for each in listed
    ]


def _language(listed: dict[str, Any]) -> str:
    return "de" if {"und", "der"} & set(listed["text"].lower().split()) else "en"


def timed(extract: Extract, texts: Sequence[Text]) -> tuple[list[list[str]], float]:
    began = time.perf_counter()
    return extract(texts), time.perf_counter() - began


def ours(texts: Sequence[Text]) -> list[list[str]]:
    agent = KeywordExtractor()
    answers = (
        agent.answer(Reading(text.title, text.text), KeywordOptions(max_keywords=TOP)) for text in texts
    )
    return [[found.keyword for found in answer.keywords] for answer in answers]


def by_rake(texts: Sequence[Text]) -> list[list[str]]:
    return [rake(text.whole, text.language, TOP) for text in texts]


def by_yake(texts: Sequence[Text], *, longest: int) -> list[list[str]]:
    asked = [
        {"text": text.whole, "language": text.language, "top": TOP, "longest": longest} for text in texts
    ]
    done = subprocess.run(
        [str(peer_python(YAKE)), str(YAKE_SCRIPT)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    answers: list[list[str]] = json.loads(done.stdout)
    return answers


def print_part(
    texts: Sequence[Text], answers: dict[str, tuple[list[list[str]], float]], *, held_out: bool
) -> None:
    chosen = [number for number, text in enumerate(texts) if text.held_out is held_out]
    rows: list[Sequence[str | float]] = []
    for name, (found, _) in answers.items():
        pairs = [(texts[number], found[number]) for number in chosen]
        rows.append([name, *mean(pairs, is_exact), *mean(pairs, is_partial)])
    title = f"{'Held out' if held_out else 'Tuned on'}: {len(chosen)} texts, the first {TOP} keywords"
    heads = ["", "precision", "recall", "F1", "partial precision", "partial recall", "partial F1"]
    print_table(title, heads, rows)


def figures(texts: Sequence[Text], found: list[list[str]]) -> dict[str, float]:
    values: dict[str, float] = {}
    for part, held_out in (("held_out", True), ("tuned_on", False)):
        pairs = [pair for pair in zip(texts, found, strict=True) if pair[0].held_out is held_out]
        for kind, same in (("exact", is_exact), ("partial", is_partial)):
            quality = mean(pairs, same)
            values |= {f"{part}_{kind}_{name}": round(value, 4) for name, value in quality._asdict().items()}
    return values


Words = tuple[str, ...]


def is_exact(one: Words, other: Words) -> bool:
    return one == other


def is_partial(one: Words, other: Words) -> bool:
    return set(one) <= set(other) or set(other) <= set(one)


def mean(pairs: Sequence[tuple[Text, list[str]]], same: Callable[[Words, Words], bool]) -> Quality:
    qualities = [quality_of(text, found, same) for text, found in pairs]
    return Quality(*(sum(each) / len(qualities) for each in zip(*qualities, strict=True)))


def quality_of(text: Text, found: list[str], same: Callable[[Words, Words], bool]) -> Quality:
    wanted = {_stems(each, text.language) for each in text.keywords}
    given = list(dict.fromkeys(_stems(each, text.language) for each in found))
    right = sum(any(same(one, other) for other in wanted) for one in given)
    met = sum(any(same(one, other) for other in given) for one in wanted)
    precision = right / len(given) if given else 0.0
    recall = met / len(wanted)
    return Quality(
        precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    )


def _stems(keyword: str, language: str) -> Words:
    return tuple(stem(word, language) for word in keyword.casefold().replace("-", " ").split())


if __name__ == "__main__":
    sys.exit(main())
