"""Pages from templates: every value is escaped, every name must be there."""

import hashlib
from collections.abc import Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from quaero.models.measures import seconds_text, size_text
from quaero.models.moment import iso_time
from quaero.views.moments import now_ms
from quaero.views.text import local_time, one_line, printable

FOLDER: Final = Path(__file__).parent
PAGE_POSITION: Final = ContextVar("PAGE_POSITION", default="")
"""Where the page that is being made is in the events."""
TEMPLATES, STATIC = FOLDER / "templates", FOLDER / "static"


class Rendering:
    """`fingerprint` changes with any file of `static/`, so that browsers may keep them for ever."""

    def __init__(self, base_path: str = "") -> None:
        self.base_path = base_path
        self.fingerprint = _fingerprint(STATIC)
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(
            url=self.url, asset=self.asset, position=PAGE_POSITION.get, now_ms=now_ms, query=query
        )
        self._templates.filters.update(
            ago=ago,
            iso=iso_time,
            seconds=seconds_text,
            size=size_text,
            number="{:,}".format,
            line=one_line,
            lines=safe_lines,
            clock=local_time,
            sentence=sentence,
        )

    def url(self, path: str) -> str:
        """A path of ours as the browser must ask for it."""
        return f"{self.base_path}{path}"

    def asset(self, path: str) -> str:
        return f"{self.base_path}/static/{self.fingerprint}/{path}"

    def page(self, template: str, context: Mapping[str, Any], *, status: int = 200) -> HTMLResponse:
        return HTMLResponse(self._templates.get_template(template).render(context), status)


def query(**parameters: object) -> str:
    """`?a=1&b=2` of those that are set."""
    given = {name: value for name, value in parameters.items() if value not in (None, "", False)}
    return f"?{urlencode(given)}" if given else "?"


def safe_lines(text: str) -> str:
    """The text with its lines, but without what would change the direction of the page."""
    return "\n".join(map(printable, text.splitlines()))


def sentence(text: str) -> str:
    """The text with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


def ago(milliseconds: int | None) -> str:
    """`just now`, `5 min ago`, `in 3 h`: a moment as people say it."""
    if milliseconds is None:
        return "never"
    seconds = (now_ms() - milliseconds) / 1000
    if abs(seconds) < 10:
        return "just now"
    text = _rough(abs(seconds))
    return f"{text} ago" if seconds > 0 else f"in {text}"


def _rough(seconds: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{int(seconds)} s"


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            digest.update(str(file.relative_to(folder)).encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
