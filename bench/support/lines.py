"""A line chart as one SVG that needs nothing else."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

Points = Sequence[tuple[float, float]]

WIDTH: Final = 430
HEIGHT: Final = 190
LEFT: Final = 64
TOP: Final = 30
BELOW: Final = 40
COLORS: Final = ("#c01c28", "#1a5fb4", "#26a269", "#613583")


@dataclass(frozen=True, slots=True)
class LineChart:
    """Lines by name. `log`: the vertical axis counts powers of ten; what is below its lowest one lies on it."""

    title: str
    across: str
    lines: Mapping[str, Points]
    log: bool = False
    lowest: float = 0.0


def svg(charts: Sequence[LineChart]) -> str:
    """The charts side by side."""
    width = len(charts) * (WIDTH + LEFT + 16)
    size = f"0 0 {width} {TOP + HEIGHT + BELOW}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}" font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for place, chart in enumerate(charts):
        parts.append(
            f'<g transform="translate({LEFT + place * (WIDTH + LEFT + 16)} {TOP})">{_drawn(chart)}</g>'
        )
    return "\n".join([*parts, "</svg>\n"])


def _drawn(chart: LineChart) -> str:
    xs = [x for points in chart.lines.values() for x, _ in points]
    ys = [y for points in chart.lines.values() for _, y in points]
    left, right = min(xs), max(xs)
    low = math.floor(math.log10(chart.lowest)) if chart.log else 0.0
    high = math.ceil(math.log10(max(ys))) if chart.log else _round_up(max(ys))

    def at(x: float, y: float) -> str:
        height = max(low, math.log10(max(y, 1e-12))) if chart.log else y
        return (
            f"{(x - left) / (right - left) * WIDTH:.1f},{HEIGHT - (height - low) / (high - low) * HEIGHT:.1f}"
        )

    parts = [f'<text x="0" y="-12" font-weight="bold">{escape(chart.title)}</text>']
    steps = range(int(high - low) + 1) if chart.log else range(5)
    for step in steps:
        value = 10.0 ** (low + step) if chart.log else high * step / 4
        y = HEIGHT - HEIGHT * step / max(steps)
        parts.append(f'<path d="M0 {y:.1f}H{WIDTH}" stroke="#ddd"/>')
        parts.append(f'<text x="-6" y="{y + 4:.1f}" text-anchor="end" fill="#555">{_short(value)}</text>')
    for step in range(7):
        x = left + (right - left) * step / 6
        parts.append(
            f'<text x="{WIDTH * step / 6:.1f}" y="{HEIGHT + 15}" text-anchor="middle" fill="#555">{_short(x)}</text>'
        )
    parts.append(
        f'<text x="{WIDTH / 2}" y="{HEIGHT + 31}" text-anchor="middle" fill="#333">{escape(chart.across)}</text>'
    )
    for number, (name, points) in enumerate(chart.lines.items()):
        color = COLORS[number % len(COLORS)]
        drawn = " ".join(at(x, y) for x, y in points)
        parts.append(f'<polyline points="{drawn}" fill="none" stroke="{color}" stroke-width="1.6"/>')
        parts.append(f'<text x="8" y="{14 + 14 * number}" fill="{color}">{escape(name)}</text>')
    parts.append(f'<path d="M0 0V{HEIGHT}H{WIDTH}" fill="none" stroke="#333"/>')
    return "".join(parts)


def _round_up(value: float) -> float:
    """The next of 1, 2, 4, 8 (times a power of ten), so that quarters of it are round."""
    power = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next(power * step for step in (1, 2, 4, 8, 10, 20) if power * step >= value)


def _short(value: float) -> str:
    for size, sign in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:.3g}{sign}"
    return f"{value:.3g}"
