"""Bar charts as SVG, by hand: they show on any page and need no library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from ._table import number

_WIDTH = 820
_LABELS = 400
_VALUES = 70
_ROW = 24
_TOP = 48
_BAR = 16

OURS, FLOOR, OTHERS = "#2f6fb3", "#7a7a7a", "#c0c7cf"


@dataclass(frozen=True)
class Bar:
    label: str
    value: float
    colour: str = OTHERS


def bar_chart(title: str, bars: Sequence[Bar], *, mark: float | None = None) -> str:
    """Draws horizontal bars from 0 on one scale; `mark` draws a line at that value."""
    height = _TOP + _ROW * len(bars) + 12
    scale = (_WIDTH - _LABELS - _VALUES) / max([bar.value for bar in bars] + [mark or 0])
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    font = 'font-family="system-ui, sans-serif" font-size="13" fill="#222"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" {font}>',
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="12" y="26" font-size="16" font-weight="600">{escape(title)}</text>',
    ]
    for row, bar in enumerate(bars):
        top = _TOP + _ROW * row
        width = max(bar.value * scale, 1)
        text = top + _BAR - 4
        parts += [
            f'<text x="{_LABELS - 8}" y="{text}" text-anchor="end">{escape(bar.label)}</text>',
            f'<rect x="{_LABELS}" y="{top}" width="{width:.1f}" height="{_BAR}" rx="2" fill="{bar.colour}"/>',
            f'<text x="{_LABELS + width + 6:.1f}" y="{text}">{number(bar.value)}</text>',
        ]
    if mark is not None:
        x = _LABELS + mark * scale
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 6}" y2="{height - 8}"'
            ' stroke="#b3432f" stroke-dasharray="4 3"/>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"
