"""From a part of the tree to Markdown that stands on its own: absolute links, plain pipe tables, named code."""

import re
from typing import Final

from turbohtml import Markdown

from quaero.crawler.html_tree import Element, Node, Text, attribute
from quaero.crawler.links import MAX_LINKS
from quaero.crawler.tables import simplify_tables
from quaero.crawler.tidy_markdown import tidy
from quaero.crawler.urls import resolve

_RENDERING: Final = Markdown(tables=Markdown.Tables(cell_blocks="text"))
_PERMALINK_CLASSES: Final = "a.headerlink, a.anchorjs-link, a.hash-link, .mw-editsection"
_PERMALINK_SIGNS: Final = frozenset({"", "¶", "§", "#", "🔗", "⚓"})
_KEPT_SCHEMES: Final = ("mailto:", "tel:")
_CODE_LANGUAGE: Final = re.compile(
    r"(?:^|\s)(?:highlight-source-|highlight-|language-|lang-|brush:\s*|sourceCode\s+)([A-Za-z][\w+#.-]*)"
)
_LANGUAGE_NAMES: Final = {"python3": "python", "pycon3": "pycon", "default": "", "none": "", "text": ""}
_LANGUAGE_DEPTH: Final = 3


def to_markdown(content: Node, base: str) -> str:
    """Render the subtree as Markdown. Links and images are resolved against the normal URL `base`.

    The subtree is changed on the way: it is of no use afterwards.
    """
    _drop_permalinks(content)
    _drop_titles(content)
    _make_images_absolute(content, base)
    _make_links_absolute(content, base)
    _part_neighbours(content)
    _name_code_languages(content)
    simplify_tables(content)
    return tidy(content.to_markdown(_RENDERING))


def _drop_permalinks(content: Node) -> None:
    content.remove(_PERMALINK_CLASSES)
    for anchor in content.select(':is(h1, h2, h3, h4, h5, h6, dt) a[href*="#"]'):
        if anchor.text.strip() in _PERMALINK_SIGNS and anchor.select_one("img[alt]") is None:
            anchor.decompose()


def _drop_titles(content: Node) -> None:
    """What shows when a pointer rests on a link is not read by those who read text."""
    for element in content.select("a[title], img[title]"):
        del element.attrs["title"]


def _make_links_absolute(content: Node, base: str) -> None:
    anchors = content.select("a[href]")
    if len(anchors) > MAX_LINKS:
        content.strip_tags("a")
        return
    for anchor in anchors:
        if not anchor.text.strip() and anchor.select_one("img") is None:
            anchor.decompose()
            continue
        href = attribute(anchor, "href")
        if href.lower().startswith(_KEPT_SCHEMES):
            continue
        target = resolve(base, href)
        if target is None:
            anchor.unwrap()
            continue
        _, mark, fragment = href.partition("#")
        anchor.attrs["href"] = target + mark + fragment.replace(" ", "%20")


def _make_images_absolute(content: Node, base: str) -> None:
    """Images keep their place only if they say something and lead somewhere; all others are decoration."""
    for image in content.select("img"):
        target = _image_url(image, base) if attribute(image, "alt") else None
        if target is None:
            image.decompose()
        else:
            image.attrs["src"] = target


def _image_url(image: Element, base: str) -> str | None:
    """Where an image is; many pages name a stand-in first and the image itself for when it is scrolled to."""
    for name in ("src", "data-src", "data-lazy-src", "data-original"):
        source = attribute(image, name)
        if source and (target := resolve(base, source)) is not None:
            return target
    return None


def _part_neighbours(content: Node) -> None:
    """Put a space between links and labels that only a style sheet keeps apart."""
    for element in content.select("a + a, a + span, label + label, button + button"):
        if isinstance(element.previous_sibling, Element):
            element.insert_before(Text(" "))


def _name_code_languages(content: Node) -> None:
    """Repeat the language of a code block where the renderer looks for it: as a class of its `pre`."""
    for block in content.select("pre"):
        language = _code_language(block)
        if language:
            block.attrs["class"] = f"language-{language}"


def _code_language(block: Element) -> str:
    element: Node | None = block
    for _ in range(_LANGUAGE_DEPTH):
        if not isinstance(element, Element):
            break
        named = attribute(element, "data-lang") or attribute(element, "data-language")
        found = _CODE_LANGUAGE.search(element.attr("class") or "")
        if named or found:
            name = (named or (found[1] if found else "")).lower()
            return _LANGUAGE_NAMES.get(name, name)
        element = element.parent
    return ""
