"""Markdown of strangers as HTML that does nothing: no script, no style, nothing that is fetched, no link but to read.

HTML in the text stays text. What the renderer makes passes a second gate that knows only the few elements below.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

MOST_CHARACTERS: Final = 60_000
"""Longer documents are shown in parts: the worst text takes a second for so many."""

MOST_HEADINGS: Final = 200
"""In the table of contents."""

_LONGEST_SLUG: Final = 80
_SCHEMES: Final = frozenset({"http", "https", "mailto"})
_TAGS: Final = {
    *("a", "p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote"),
    *("ul", "ol", "li", "h2", "h3", "h4", "h5", "h6"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_HEADINGS: Final = ("h2", "h3", "h4", "h5", "h6")
_ATTRIBUTES: Final = {"a": {"href", "class", "target"}, "ol": {"start"}} | {tag: {"id"} for tag in _HEADINGS}
_NOT_OF_A_SLUG: Final = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True)
class Heading:
    """`level` 2 to 6; `anchor`: the id of its element."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A document, or a part of it, as HTML."""

    html: Markup
    headings: tuple[Heading, ...]


def parts_of(markdown: str) -> list[str]:
    """The text in parts of at most `MOST_CHARACTERS`, which end with a paragraph where they can; at least one."""
    parts, start = [], 0
    while len(markdown) - start > MOST_CHARACTERS:
        end = start + MOST_CHARACTERS
        for border in ("\n\n", "\n", " "):
            found = markdown.rfind(border, start + MOST_CHARACTERS // 2, end)
            if found > 0:
                end = found + len(border)
                break
        parts.append(markdown[start:end])
        start = end
    return [*parts, markdown[start:]]


class _Parser(MarkdownIt):
    """Reads every link: they are judged afterwards, with the images."""

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the name is the library's
        return True


@lru_cache(maxsize=16)
def shown(markdown: str, url: str, title: str = "") -> Shown:
    """A part of the Markdown of a document that was found at `url`, to which its links are relative.

    Where it begins with its own `title` as a heading, that is left out: the page has it already.
    """
    parser = _Parser("commonmark", {"html": False, "linkify": False, "typographer": False})
    parser.enable(["table", "strikethrough"])
    tokens = parser.parse(markdown)
    if len(tokens) > 1 and tokens[0].type == "heading_open" and _is_title(tokens[1], title):
        del tokens[:3]
    headings = tuple(_name_headings(tokens))
    places = _Links(url, {heading.anchor.removeprefix("s-"): heading.anchor for heading in headings})
    for token in tokens:
        if token.children:
            token.children = places.judged(token.children)
    html = nh3.clean(
        parser.renderer.render(tokens, parser.options, {}),
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes=set(_SCHEMES),
        link_rel="noopener noreferrer",
        strip_comments=True,
    )
    return Shown(Markup(html), headings[:MOST_HEADINGS])  # noqa: S704 - it is clean


def _name_headings(tokens: Sequence[Token]) -> Iterator[Heading]:
    """Give every heading an anchor, and put it one level below the title of the page."""
    seen: dict[str, int] = {}
    for number, token in enumerate(tokens):
        if token.type not in ("heading_open", "heading_close"):
            continue
        level = min(6, int(token.tag[1:]) + 1)
        token.tag = f"h{level}"
        if token.type == "heading_open":
            text = _text_of(tokens[number + 1].children or ())
            slug = _slug(text)
            seen[slug] = seen.get(slug, -1) + 1
            anchor = f"s-{slug}-{seen[slug]}" if seen[slug] else f"s-{slug}"
            token.attrSet("id", anchor)
            if text:
                yield Heading(level, text, anchor)


def _is_title(token: Token, title: str) -> bool:
    return _text_of(token.children or ()) == " ".join(title.split())


def _slug(text: str) -> str:
    """The name of a heading as most sites make it."""
    plain = unicodedata.normalize("NFC", text).lower().strip()
    return _NOT_OF_A_SLUG.sub("", plain).replace(" ", "-")[:_LONGEST_SLUG]


def _text_of(tokens: Sequence[Token]) -> str:
    parts = [" " if token.type.endswith("break") else token.content for token in tokens]
    return " ".join("".join(parts).split())


class _Links:
    """What becomes of the links and images of a document."""

    def __init__(self, url: str, anchors: Mapping[str, str]) -> None:
        self._url, self._anchors = url, anchors

    def judged(self, tokens: Sequence[Token]) -> list[Token]:
        """Links lead to the web or to a heading, or are text; an image is a link to it: nobody is asked for it."""
        result: list[Token] = []
        opened: list[bool] = []
        for token in tokens:
            if token.type == "link_open":
                target = self._target(str(token.attrGet("href") or ""))
                opened.append(target is not None)
                if target is not None:
                    result.append(_link(target))
            elif token.type == "link_close":
                if opened.pop():
                    result.append(token)
            elif token.type == "image":
                result += self._image(token, inside=any(opened))
            else:
                result.append(token)
        return result

    def _image(self, token: Token, *, inside: bool) -> Iterator[Token]:
        alt = _text_of(token.children or ()) or "image"
        target = None if inside else self._target(str(token.attrGet("src") or ""))
        if target is not None:
            yield _link(target, "picture")
        yield Token("text", "", 0, content=alt)
        if target is not None:
            yield Token("link_close", "a", -1)

    def _target(self, address: str) -> str | None:
        """Where a link leads; None: nowhere that may be gone to."""
        try:
            target = urljoin(self._url, address.strip())
            parts = urlsplit(target)
        except ValueError:
            return None
        if parts.scheme not in _SCHEMES or (parts.scheme != "mailto" and not parts.netloc):
            return None
        if parts.fragment in self._anchors and target.partition("#")[0] == self._url.partition("#")[0]:
            return f"#{self._anchors[parts.fragment]}"
        return target


def _link(target: str, kind: str = "") -> Token:
    attributes: dict[str, Any] = {"href": target}
    if kind:
        attributes["class"] = kind
    if not target.startswith("#"):
        attributes["target"] = "_blank"
    return Token("link_open", "a", 1, attrs=attributes)
