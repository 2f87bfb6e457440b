"""Tables that fit a terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from .._basis.printable import printable, shorten
from .text import columns as columns_of
from .text import cut

T = TypeVar("T")

_GAP = "  "
_LONGEST = 1000
"""Characters of a cell, whose column has at most the width of a terminal."""


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """A column of a table on a terminal.

    `narrowest` is the width down to which its values may be cut, None for never. A column with a `rank` is left out
    where it has nothing to say, and, the highest rank first, where even cut values leave no room for it.
    """

    header: str
    value: Callable[[T], object]
    narrowest: int | None = None
    rank: int = 0
    right: bool = False


def terminal_width() -> int:
    return shutil.get_terminal_size().columns


def render(columns: Sequence[Column[T]], rows: Iterable[T], width: int) -> list[str]:
    """Returns the lines of the table, the header first."""
    found = list(rows)
    shown = [(column, [_cell(column.value(row)) for row in found]) for column in columns]
    shown = [(column, cells) for column, cells in shown if not column.rank or any(cells)]
    while True:
        widths = [max(columns_of(text) for text in (column.header, *cells)) for column, cells in shown]
        narrowest = [
            natural if column.narrowest is None else min(natural, max(column.narrowest, len(column.header)))
            for (column, _), natural in zip(shown, widths, strict=True)
        ]
        room = width - len(_GAP) * (len(shown) - 1)
        droppable = max(shown, key=lambda item: item[0].rank)
        if sum(narrowest) <= room or not droppable[0].rank:
            break
        shown.remove(droppable)
    _narrow(widths, narrowest, room)
    lines = [[column.header for column, _ in shown], *zip(*(cells for _, cells in shown), strict=True)]
    ellipsis = _ellipsis()
    return [
        _GAP.join(
            _aligned(cut(text, size, ellipsis), size, right=column.right)
            for text, size, (column, _) in zip(line, widths, shown, strict=True)
        ).rstrip()
        for line in lines
    ]


def _narrow(widths: list[int], narrowest: list[int], room: int) -> None:
    """Takes from the widest columns first, until the table fits or nothing is left to take."""
    while sum(widths) > room:
        spare = [place for place, size in enumerate(widths) if size > narrowest[place]]
        if not spare:
            return
        widest = max(spare, key=lambda place: widths[place])
        second = max((widths[place] for place in spare if place != widest), default=0)
        target = max(second, narrowest[widest], widths[widest] - (sum(widths) - room))
        widths[widest] = min(target, widths[widest] - 1)


def _cell(value: object) -> str:
    return "" if value is None else printable(shorten(str(value), _LONGEST))


def _aligned(text: str, width: int, *, right: bool) -> str:
    padding = " " * (width - columns_of(text))
    return padding + text if right else text + padding


def _ellipsis() -> str:
    try:
        "…".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return "..."
    return "…"
