"""Which pages a right crawl of a site stores, found without the crawler.

The crawler is checked against this, so nothing here is shared with it: another HTML parser, another
resolution of URLs, another reader of robots rules, all of them from the standard library.
"""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urljoin, urlsplit
from urllib.robotparser import RobotFileParser

from quaero.demo.answer import Answer

_ORIGIN: Final = "http://site.invalid"
_MAX_REDIRECTS: Final = 10
_CHARSET: Final = re.compile(rb"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_REFRESH: Final = re.compile(r"[\d.\s]*[;,]\s*(?:url\s*=\s*)?[\"']?([^\"']+)", re.IGNORECASE)
_C0_AND_SPACE: Final = "".join(map(chr, range(0x21)))
_WITHIN_DROPPED: Final = str.maketrans("", "", "\t\n\r")
_ESCAPE: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED: Final = re.compile(r"[A-Za-z0-9._~-]")
_SAFE_IN_PATH: Final = "/%!$&'()*+,;=:@"


def link_closure(
    start: str, answering: Callable[[str], Answer], max_depth: int | None = None
) -> frozenset[str]:
    """The targets (path and query) of all pages that links lead to from the target `start`, itself included.

    Fragments are cut, queries kept, redirects followed, robots rules and `nofollow` respected; a page that
    names another one of the site as canonical counts as that one. `max_depth` is in links from `start`, a
    redirect not being one; None: without a limit.
    """
    rules = _robots_rules(answering("/robots.txt"))
    pages: set[str] = set()
    seen: set[str] = set()
    level, depth = {start}, 0
    while level and (max_depth is None or depth <= max_depth):
        seen |= level
        found: set[str] = set()
        for target in level:
            page = _page_at(target, answering, rules)
            if page is not None:
                pages |= page.stored_as
                found |= page.targets
        level, depth = found - seen, depth + 1
    return frozenset(pages)


class PageLinks(HTMLParser):
    """What one page says about links."""

    def __init__(self, target: str, body: bytes) -> None:
        super().__init__()
        self._target = target
        self._base = target
        self._references: list[str] = []
        self._canonical: str | None = None
        self._robots = ""
        self.feed(_text_of(body))
        self.close()

    @property
    def stored_as(self) -> set[str]:
        """The one target that the page is stored under, or none."""
        if "noindex" in self._robots:
            return set()
        canonical = resolve(self._base, self._canonical) if self._canonical else None
        return {canonical or self._target}

    @property
    def targets(self) -> set[str]:
        """Where the links of the page lead within its site."""
        if "nofollow" in self._robots:
            return set()
        resolved = {resolve(self._base, reference) for reference in self._references}
        return {target for target in resolved if target is not None}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # Of a repeated attribute the first counts.
        values = {name: value or "" for name, value in reversed(attrs)}
        relations = values.get("rel", "").lower().split()
        match tag:
            case "a" | "area" if "href" in values and "nofollow" not in relations:
                self._references.append(values["href"])
            case "frame" | "iframe" if "src" in values:
                self._references.append(values["src"])
            case "link" if "href" in values:
                self._take_link(values, relations)
            case "base" if "href" in values and self._base is self._target:
                self._base = resolve(self._target, values["href"]) or self._target
            case "meta":
                self._take_meta(values)

    def _take_link(self, values: dict[str, str], relations: list[str]) -> None:
        if "canonical" in relations and self._canonical is None:
            self._canonical = values["href"]
        if {"next", "prev"}.intersection(relations) or ("alternate" in relations and "hreflang" in values):
            self._references.append(values["href"])

    def _take_meta(self, values: dict[str, str]) -> None:
        content = values.get("content", "")
        if values.get("name", "").lower() == "robots":
            self._robots += content.lower()
        refresh = _REFRESH.match(content) if values.get("http-equiv", "").lower() == "refresh" else None
        if refresh:
            self._references.append(refresh[1])


def _page_at(target: str, answering: Callable[[str], Answer], rules: RobotFileParser) -> PageLinks | None:
    """The page that a request for `target` ends at; None if it ends at none, or not within the rules."""
    current: str | None = target
    for _ in range(_MAX_REDIRECTS + 1):
        if current is None or not rules.can_fetch("*", _ORIGIN + current):
            return None
        answer = answering(current)
        if answer.is_page:
            return PageLinks(current, answer.body)
        current = resolve(current, answer.location) if answer.location else None
    return None


def resolve(base: str, reference: str) -> str | None:
    """The target that `reference` means on the page at the target `base`; None where it leaves the site."""
    written = reference.partition("#")[0].strip(_C0_AND_SPACE).translate(_WITHIN_DROPPED)
    try:
        parts = urlsplit(urljoin(_ORIGIN + base, written))
    except ValueError:
        return None
    if f"{parts.scheme}://{parts.netloc}" != _ORIGIN:
        return None
    path = _uniform(parts.path, _SAFE_IN_PATH) or "/"
    return f"{path}?{_uniform(parts.query, _SAFE_IN_PATH + '?')}" if parts.query else path


def _uniform(text: str, safe: str) -> str:
    return _ESCAPE.sub(_spelling, quote(text, safe=safe))


def _spelling(escape: re.Match[str]) -> str:
    character = chr(int(escape[0][1:], 16))
    return character if _UNRESERVED.fullmatch(character) else escape[0].upper()


def _robots_rules(answer: Answer) -> RobotFileParser:
    rules = RobotFileParser()
    rules.parse(answer.body.decode("utf-8", "replace").splitlines() if answer.status is HTTPStatus.OK else [])
    return rules


def _text_of(body: bytes) -> str:
    declared = _CHARSET.search(body[:1024])
    try:
        return body.decode(declared[1].decode() if declared else "utf-8", "replace")
    except LookupError:
        return body.decode("utf-8", "replace")
