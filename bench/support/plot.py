"""Small charts of rates over time, as one SVG that needs nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH, HEIGHT, GAP, MARGIN = 420, 120, 46, 56
COLUMNS: Final = 2


@dataclass(frozen=True, slots=True)
class Chart:
    """A value for each second; the time from `began` to `ended` is shaded; `level` is a dashed line."""

    title: str
    values: Sequence[float]
    began: float
    ended: float
    level: float


def svg(charts: Sequence[Chart]) -> str:
    rows = -(-len(charts) // COLUMNS)
    width = COLUMNS * (WIDTH + MARGIN) + MARGIN // 2
    height = rows * (HEIGHT + GAP) + GAP // 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"',
        ' font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for place, chart in enumerate(charts):
        left = MARGIN + (place % COLUMNS) * (WIDTH + MARGIN)
        top = GAP // 2 + (place // COLUMNS) * (HEIGHT + GAP)
        parts.append(f'<g transform="translate({left} {top})">{_drawn(chart)}</g>')
    return "\n".join([*parts, "</svg>\n"])


def _drawn(chart: Chart) -> str:
    most = max([*chart.values, chart.level, 1])
    across, up = WIDTH / max(1, len(chart.values)), HEIGHT / (1.05 * most)
    points = " ".join(
        f"{second * across:.1f},{HEIGHT - value * up:.1f} {(second + 1) * across:.1f},{HEIGHT - value * up:.1f}"
        for second, value in enumerate(chart.values)
    )
    level = HEIGHT - chart.level * up
    marks = "".join(
        f'<text x="{second * across:.1f}" y="{HEIGHT + 14}" text-anchor="middle" fill="#555">{second}</text>'
        for second in range(0, len(chart.values) + 1, 10)
    )
    shade = max(2.0, (chart.ended - chart.began) * across)
    return (
        f'<text x="0" y="-6" font-weight="bold">{escape(chart.title)}</text>'
        f'<rect x="{chart.began * across:.1f}" width="{shade:.1f}" height="{HEIGHT}" fill="#f6c9c4"/>'
        f'<line x2="{WIDTH}" y1="{level:.1f}" y2="{level:.1f}" stroke="#888" stroke-dasharray="4 3"/>'
        f'<polyline points="{points}" fill="none" stroke="#1a5fb4" stroke-width="1.3"/>'
        f'<path d="M0 0V{HEIGHT}H{WIDTH}" fill="none" stroke="#333"/>{marks}'
        f'<text x="-5" y="{level + 4:.1f}" text-anchor="end" fill="#555">{chart.level:,.0f}</text>'
        f'<text x="-5" y="{HEIGHT}" text-anchor="end" fill="#555">0</text>'
    )
