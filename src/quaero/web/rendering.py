"""Pages from templates: every value is escaped, every name must be there."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from quaero.models.measures import seconds_text, size_text
from quaero.models.moment import iso_time
from quaero.views.moments import now_ms

FOLDER: Final = Path(__file__).parent
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
        self._templates.globals.update(url=self.url, asset=self.asset, now_ms=now_ms)
        self._templates.filters.update(
            ago=ago,
            iso=iso_time,
            seconds=seconds_text,
            size=size_text,
            number="{:,}".format,
        )

    def url(self, path: str) -> str:
        """A path of ours as the browser must ask for it."""
        return f"{self.base_path}{path}"

    def asset(self, path: str) -> str:
        return f"{self.base_path}/static/{self.fingerprint}/{path}"

    def page(self, template: str, context: Mapping[str, Any], *, status: int = 200) -> HTMLResponse:
        return HTMLResponse(self._templates.get_template(template).render(context), status)


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
