"""What a page says about itself: title, description, language, canonical address, wishes to robots."""

from dataclasses import dataclass
from typing import Final

from quaero.crawler.html_tree import Document, attribute, text_of
from quaero.crawler.urls import resolve

_ROBOTS: Final = 'meta[name="robots" i][content], meta[name="quaero" i][content]'
_DESCRIPTIONS: Final = ('meta[name="description" i]', 'meta[property="og:description" i]')
_TITLES: Final = ("head > title", "title:not(svg *)", "h1", "h2, h3")


@dataclass(frozen=True, slots=True)
class Metadata:
    """Empty strings stand for what the page does not say; `canonical` is a normal URL."""

    title: str
    description: str
    language: str
    canonical: str | None
    index: bool
    follow: bool


def read_metadata(document: Document, base: str) -> Metadata:
    """Read what the page says. A page without a title is called after its first heading."""
    wishes = _robots_wishes(document)
    return Metadata(
        title=_title(document),
        description=_description(document),
        language=_language(document),
        canonical=_canonical(document, base),
        index=wishes.isdisjoint(("noindex", "none")),
        follow=wishes.isdisjoint(("nofollow", "none")),
    )


def _title(document: Document) -> str:
    for selector in _TITLES:
        title = text_of(document.select_one(selector))
        if title:
            return title
    return ""


def _description(document: Document) -> str:
    for selector in _DESCRIPTIONS:
        element = document.select_one(selector)
        if element is not None and attribute(element, "content"):
            return " ".join(attribute(element, "content").split())
    return ""


def _language(document: Document) -> str:
    if document.root is None:
        return ""
    return attribute(document.root, "lang") or attribute(document.root, "xml:lang")


def _canonical(document: Document, base: str) -> str | None:
    element = document.select_one('link[rel~="canonical" i][href]')
    reference = attribute(element, "href") if element is not None else ""
    return resolve(base, reference) if reference else None


def _robots_wishes(document: Document) -> set[str]:
    return {
        wish.strip().lower()
        for element in document.select(_ROBOTS)
        for wish in attribute(element, "content").split(",")
    }
