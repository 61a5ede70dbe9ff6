"""Screens of a terminal as an animated SVG: no script, no fonts of its own, the last screen where nothing moves.

Every distinct line is drawn once. The screens are a film of uses of these lines, moved past a window by CSS.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import chain
from typing import Final

CELL_WIDTH: Final = 8.4
LINE_HEIGHT: Final = 18
MARGIN: Final = 14
FONT_SIZE: Final = 14
BACKGROUND: Final = "#16181d"
BORDER: Final = "#3b414d"
INK: Final = "#d7dae0"

_BASIC: Final = (
    *("#16181d", "#f0717b", "#98c379", "#e0b35c", "#6cb0f5", "#d58ae8", "#56c2cf", "#d7dae0"),
    *("#7d8590", "#ff8c94", "#b0dd8f", "#f5ce7f", "#8fc7ff", "#e8a6f8", "#7fdde8", "#ffffff"),
)
_CUBE: Final = (0, 95, 135, 175, 215, 255)
_ESCAPE: Final = re.compile(r"\x1b\[([0-9;]*)m|\x1b[()][A-Z0-9]|[\x0e\x0f]")
_GAP: Final = re.compile(r" {2,}")


@dataclass(frozen=True, slots=True)
class Frame:
    """A screen, its lines with their colours as escape sequences, and how long it is seen."""

    lines: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Style:
    color: str = ""
    bold: bool = False
    dim: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """Text of one style; `column` counts from 0."""

    column: int
    text: str
    style: Style


def animated_svg(frames: Sequence[Frame], *, columns: int, rows: int, title: str) -> str:
    """The film of the frames, played for ever. Equal frames in a row are one; there is at least one frame."""
    film = list(_merged(frames))
    height, width = rows * LINE_HEIGHT, round(columns * CELL_WIDTH)
    numbers = {line: number for number, line in enumerate(dict.fromkeys(_all_lines(film)))}
    whole = (width + 2 * MARGIN, height + 2 * MARGIN)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole[0]} {whole[1]}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<style>{_css(film, height)}</style>",
            "<defs>",
            *(f'<g id="l{number}">{_drawn(line)}</g>' for line, number in numbers.items()),
            "</defs>",
            f'<rect x=".5" y=".5" width="{whole[0] - 1}" height="{whole[1] - 1}" rx="8" class="panel"/>',
            f'<svg x="{MARGIN}" y="{MARGIN}" width="{width}" height="{height}"><g class="film">',
            *(_placed(frame, number * height, numbers) for number, frame in enumerate(film)),
            "</g></svg>",
            "</svg>\n",
        ]
    )


def spans(line: str) -> Iterator[Span]:
    """The parts of a line that have a style of their own; runs of spaces are left out."""
    style, column, position = Style(), 0, 0
    for found in chain(_ESCAPE.finditer(line), [None]):
        text = line[position : found.start() if found else len(line)]
        yield from _words(column, text, style)
        column += len(text)
        if found is not None:
            position = found.end()
            style = style if found[1] is None else _restyled(style, found[1])


def _words(column: int, text: str, style: Style) -> Iterator[Span]:
    start = 0
    for gap in [*_GAP.finditer(text), None]:
        part = text[start : gap.start() if gap else len(text)]
        if part.strip():
            yield Span(column + start, part, style)
        start = gap.end() if gap else start


def _restyled(style: Style, codes: str) -> Style:
    """The style after a sequence such as `1;38;5;204`."""
    rest = [int(code or 0) for code in codes.split(";")]
    while rest:
        code = rest.pop(0)
        if code == 0:
            style = Style()
        elif code in (1, 2):
            style = replace(style, bold=style.bold or code == 1, dim=style.dim or code == 2)
        elif code == 22:
            style = replace(style, bold=False, dim=False)
        elif code in (38, 48):
            color = _extended_color(rest)
            style = replace(style, color=color) if code == 38 else style
        elif code == 39:
            style = replace(style, color="")
        else:
            style = replace(style, color=_basic_color(code) or style.color)
    return style


def _basic_color(code: int) -> str:
    if 30 <= code <= 37:
        return _BASIC[code - 30]
    return _BASIC[code - 82] if 90 <= code <= 97 else ""


def _extended_color(rest: list[int]) -> str:
    """Take the rest of `38;5;N` or `38;2;R;G;B`."""
    if rest.pop(0) == 2:
        channels, rest[:] = rest[:3], rest[3:]
        return "#{:02x}{:02x}{:02x}".format(*channels)
    number = rest.pop(0)
    if number < 16:
        return _BASIC[number]
    if number >= 232:
        return "#" + f"{8 + 10 * (number - 232):02x}" * 3
    red, rest_of_cube = divmod(number - 16, 36)
    return "#" + "".join(f"{_CUBE[each]:02x}" for each in (red, *divmod(rest_of_cube, 6)))


def _merged(frames: Iterable[Frame]) -> Iterator[Frame]:
    before: Frame | None = None
    for frame in frames:
        if before is not None and frame.lines == before.lines:
            before = replace(before, seconds=before.seconds + frame.seconds)
            continue
        if before is not None:
            yield before
        before = frame
    if before is not None:
        yield before


def _all_lines(film: Iterable[Frame]) -> Iterator[str]:
    return (line for frame in film for line in frame.lines if line.strip())


def _css(film: Sequence[Frame], height: int) -> str:
    total = sum(frame.seconds for frame in film)
    steps, passed = [], 0.0
    for number, frame in enumerate(film):
        steps.append(f"{passed / total:.3%}{{transform:translateY({-number * height}px)}}")
        passed += frame.seconds
    last = f"transform:translateY({-(len(film) - 1) * height}px)"
    return (
        f"text{{font:{FONT_SIZE}px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
        f"fill:{INK};white-space:pre}}.b{{font-weight:bold}}.d{{opacity:.6}}"
        f".panel{{fill:{BACKGROUND};stroke:{BORDER}}}"
        f".film{{{last};animation:film {total:.2f}s step-end infinite}}"
        "@media (prefers-reduced-motion:reduce){.film{animation:none}}"
        f"@keyframes film{{{''.join(steps)}}}"
    )


def _drawn(line: str) -> str:
    return "".join(_text(span) for span in spans(line))


def _text(span: Span) -> str:
    """The width is given, so that columns meet whatever font a reader has."""
    names = [name for name, wanted in (("b", span.style.bold), ("d", span.style.dim)) if wanted]
    look = f' class="{" ".join(names)}"' if names else ""
    look += f' style="fill:{span.style.color}"' if span.style.color else ""
    left, width = round(span.column * CELL_WIDTH, 1), round(len(span.text) * CELL_WIDTH, 1)
    return f'<text x="{left:g}" textLength="{width:g}"{look}>{escape(span.text, quote=False)}</text>'


def _placed(frame: Frame, top: int, numbers: dict[str, int]) -> str:
    uses = (
        f'<use href="#l{numbers[line]}" y="{row * LINE_HEIGHT + FONT_SIZE}"/>'
        for row, line in enumerate(frame.lines)
        if line.strip()
    )
    return f'<g transform="translate(0 {top})">{"".join(uses)}</g>'
