"""The links of a whole page, found before any part of it is cut away."""

from collections.abc import Iterable
from typing import Final

from quaero.crawler.html_tree import Document, Element, attribute
from quaero.crawler.urls import folder_of, resolve, resolve_in_folder, without_fragment

_FOLLOWABLE: Final = 'not([rel~="nofollow" i])'
_SELECTOR: Final = (
    f"a[href]:{_FOLLOWABLE}, area[href]:{_FOLLOWABLE}, frame[src], iframe[src], "
    'link[rel~="next" i][href], link[rel~="prev" i][href], link[rel~="alternate" i][hreflang][href]'
)
_FRAMES: Final = frozenset({"frame", "iframe"})
MAX_LINKS: Final = 50_000
"""Distinct references of one page that are looked at; no page that people read has so many."""


def base_of(document: Document, url: str) -> str:
    """The normal URL against which the references of the page at `url` are resolved: `base href` counts."""
    base = document.select_one("base[href]")
    return (resolve(url, attribute(base, "href")) or url) if base is not None else url


def find_links(document: Document, base: str) -> tuple[str, ...]:
    """The distinct normal URLs that the page leads to, in document order; `rel=nofollow` is left out."""
    references = [_reference(element) for element in document.select(_SELECTOR)]
    refresh = document.meta_refresh()
    if refresh is not None and refresh[1]:
        references.append(refresh[1])
    return resolve_all(base, references)


def resolve_all(base: str, references: Iterable[str]) -> tuple[str, ...]:
    """The distinct normal URLs that the references mean, in their order.

    References are cut and compared as they are written before any is resolved: most of a page's links repeat.
    """
    written = dict.fromkeys([reference.partition("#")[0] for reference in references])
    folder = folder_of(base)
    found: dict[str, None] = {}
    for reference in list(written)[:MAX_LINKS]:
        trimmed = without_fragment(reference)
        is_own_path = not trimmed or trimmed[0] == "?"
        target = resolve(base, trimmed) if is_own_path else resolve_in_folder(folder, trimmed)
        if target is not None:
            found[target] = None
    return tuple(found)


def _reference(element: Element) -> str:
    return element.attr("src" if element.tag in _FRAMES else "href") or ""
