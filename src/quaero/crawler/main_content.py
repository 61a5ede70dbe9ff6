"""The part of a page that a reader came for, chosen by rules on the tree."""

from typing import Final, Literal

from quaero.crawler.boilerplate import find_boilerplate
from quaero.crawler.html_tree import Document, Element
from quaero.crawler.outline import Outline
from quaero.crawler.repetition import drop_repetitions
from quaero.crawler.side_sections import drop_side_sections

_NEVER_TEXT: Final = (
    "script, style, template, svg, iframe, object, canvas, video, audio, button, select, textarea, input, "
    "dialog, map"
)
_GENERATED: Final = (
    'div.body[role="main"]',  # Sphinx
    'div.document div[itemprop="articleBody"]',  # Sphinx, Read the Docs
    "article#furo-main-content, article.bd-article",  # Sphinx, other themes
    "article.md-content__inner",  # MkDocs Material
    ".theme-doc-markdown",  # Docusaurus
    "#mw-content-text",  # MediaWiki
    'head:has(meta[name="generator" i][content^="DocBook" i]) + body',
)
_GENERATED_EXTRAS: Final = (
    "nav, .navheader, .navfooter, .noprint, .navbox, .printfooter, .catlinks, .md-source-file, .md-tags, "
    ".theme-doc-toc-mobile, .prev-next-area, .related-pages, .sphinxsidebar"
)
_LEAST_TEXT: Final = 200
_LANDMARKS: Final = (
    "main, [role=main], article, "
    "#content, #main, .entry-content, .post-content, .article-body, .article-content"
)
_CONTAINERS: Final = (
    ".mw-parser-output, .devsite-article-body, .block--messages, .p-body-pageContent, #posts, "
    '[component="topic"], #content'
)
_LANDMARK_PROSE, _LANDMARK_WORDS, _CONTAINER_WORDS = 0.6, 0.4, 0.3
_MAX_ELEMENTS: Final = 50_000
"""A page larger than this is not judged part by part: no page that people read has so many elements."""


def content_of(document: Document, extract: Literal["main", "full"]) -> Element:
    """The element that holds the page's content, with what is not content taken out of the tree.

    `full` keeps the whole body but what is no text. The document is changed: read its links before.
    """
    body = document.select_one("body") or document.root or Element("body")
    generated = _generated_content(document) if extract == "main" else None
    content = generated or body
    content.remove(_NEVER_TEXT)
    if extract == "full" or generated is not None:
        return content
    if sum(1 for _ in body.iter_elements()) > _MAX_ELEMENTS:
        return body.select_one("main, [role=main], article") or body
    return _main_part(body)


def _generated_content(document: Document) -> Element | None:
    """What a known generator marks as the text of the page: it can be trusted as it is."""
    for selector in _GENERATED:
        found = document.select_one(selector)
        if found is not None and len(found.text) >= _LEAST_TEXT:
            found.remove(_GENERATED_EXTRAS)
            return found
    return None


def _main_part(body: Element) -> Element:
    outline = Outline(body)
    boilerplate = find_boilerplate(outline)
    content = outline.elements[_content_root(outline)]
    for index in boilerplate:
        outline.elements[index].decompose()
    drop_side_sections(content)
    drop_repetitions(content)
    return content


def _content_root(outline: Outline) -> int:
    """The smallest landmark that holds most of the text, or else the whole body."""
    body = outline.elements[0]
    least_prose = _LANDMARK_PROSE * outline.prose_words[0]
    least_words = _LANDMARK_WORDS * outline.words[0]
    root = 0
    for element in body.select(_LANDMARKS):
        index = outline.index_of(element)
        words = outline.words[index]
        if outline.prose_words[index] >= least_prose and least_words <= words < outline.words[root]:
            root = index
    for element in body.select(_CONTAINERS):
        index = outline.index_of(element)
        if _CONTAINER_WORDS * outline.words[0] <= outline.words[index] < outline.words[root]:
            root = index
    return root
