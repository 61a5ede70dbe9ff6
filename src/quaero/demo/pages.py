"""The demo site, made from its files: fragments, one layout around them, and `site.toml`, the plan."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from pathlib import Path
from string import Template
from typing import Any, Final, Self

from quaero.demo.answer import Answer

_SITE: Final = Path(__file__).parent / "site"
_PAGES: Final = _SITE / "pages"
_INDEX: Final = "index.html"
_DEFAULT_CHARSET: Final = "utf-8"


@dataclass(frozen=True, slots=True)
class Chapter:
    """A folder of pages in reading order. No page lists a hidden one."""

    folder: str
    title: str
    pages: tuple[str, ...]
    hidden: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of its pages, the opening one first."""
        return (f"/{self.folder}/", *(f"/{self.folder}/{page}.html" for page in self.pages))


@dataclass(frozen=True, slots=True)
class Plan:
    """What `site.toml` says. Keys and values are paths, but for the encodings and the chapters."""

    chapters: tuple[Chapter, ...]
    redirects: Mapping[str, str]
    copies: Mapping[str, str]
    charsets: Mapping[str, str]
    broken_links: frozenset[str]

    @classmethod
    def read(cls) -> Self:
        data: dict[str, Any] = tomllib.loads((_SITE / "site.toml").read_text("utf-8"))
        return cls(
            chapters=tuple(
                Chapter(**{**entry, "pages": tuple(entry["pages"])}) for entry in data["chapters"]
            ),
            redirects=data["redirects"],
            copies=data["copies"],
            charsets=data["charsets"],
            broken_links=frozenset(data["broken"]["links"]),
        )


def site_answers(plan: Plan) -> Mapping[str, Answer]:
    """The answer for every path of the site; all other paths are not found."""
    texts = {_path_of(file): file.read_text("utf-8") for file in sorted(_PAGES.rglob("*.html"))}
    layout = _Layout(plan, texts)
    answers = {path: layout.page(path) for path in texts}
    answers |= {copy: layout.copy_of(original) for copy, original in plan.copies.items()}
    answers |= {path: Answer(HTTPStatus.FOUND, location=target) for path, target in plan.redirects.items()}
    answers["/robots.txt"] = Answer(
        HTTPStatus.OK, "text/plain; charset=utf-8", (_SITE / "robots.txt").read_bytes()
    )
    answers["/flow.svg"] = Answer(HTTPStatus.OK, "image/svg+xml", (_SITE / "flow.svg").read_bytes())
    return answers


class _Layout:
    """Puts head, navigation and foot around the text of a page."""

    def __init__(self, plan: Plan, texts: Mapping[str, str]) -> None:
        self._plan = plan
        self._texts = texts
        self._template = Template((_SITE / "layout.html").read_text("utf-8"))
        self._chapter_links = "\n".join(
            _link(chapter.paths[0], chapter.title) for chapter in plan.chapters if not chapter.hidden
        )

    def page(self, path: str) -> Answer:
        return self._answer(path, "\n".join(self._series(path)))

    def copy_of(self, original: str) -> Answer:
        """The same page for another address; `base` keeps its relative links right."""
        return self._answer(original, f'<link rel="canonical" href="{original}">\n<base href="{original}">')

    def _answer(self, path: str, head: str) -> Answer:
        charset = self._plan.charsets.get(path, _DEFAULT_CHARSET)
        page = self._template.substitute(
            charset=charset,
            title=escape(_title(self._texts[path])),
            head=head,
            chapters=self._chapter_links,
            siblings="\n".join(self._siblings(path)),
            text=self._texts[path],
        )
        declared = f"; charset={charset}" if charset == _DEFAULT_CHARSET else ""
        return Answer(HTTPStatus.OK, f"text/html{declared}", page.encode(charset))

    def _siblings(self, path: str) -> Iterator[str]:
        for chapter in self._plan.chapters:
            if path.startswith(f"/{chapter.folder}/") and not chapter.hidden:
                yield from (_link(sibling, _title(self._texts[sibling])) for sibling in chapter.paths)

    def _series(self, path: str) -> Iterator[str]:
        """The `prev` and `next` of a page that has its place in a chapter."""
        for chapter in self._plan.chapters:
            for before, after in zip(chapter.paths, chapter.paths[1:], strict=False):
                if path == before:
                    yield f'<link rel="next" href="{after}">'
                if path == after:
                    yield f'<link rel="prev" href="{before}">'


def _path_of(file: Path) -> str:
    path = "/" + file.relative_to(_PAGES).as_posix()
    return path.removesuffix(_INDEX) if file.name == _INDEX else path


def _title(text: str) -> str:
    """The first heading, which every page begins with."""
    return text.partition("<h1>")[2].partition("</h1>")[0]


def _link(path: str, title: str) -> str:
    return f'<li><a href="{path}">{escape(title)}</a></li>'
