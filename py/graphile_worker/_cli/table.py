"""Tables that fit a terminal."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .._basis.printable import printable, shorten

T = TypeVar("T")

_GAP = 2
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


def columns_of_states() -> list[Column[Any]]:
    """Returns a column for the number of jobs in each state, of a row that says which it has `capped`."""
    return [
        Column(name.upper(), functools.partial(_capped, name=name), right=True)
        for name in ("ready", "scheduled", "locked", "failed")
    ]


def _capped(row: Any, name: str) -> str:
    value = getattr(row, name)
    # None: so many jobs have failed that they were not counted.
    return "many" if value is None else f"{value}{'+' if name in row.capped else ''}"


def render(columns: Sequence[Column[T]], rows: Iterable[T], width: int) -> list[str]:
    """Returns the lines of the table, the header first."""
    # Only here: most commands print no table.
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    found = list(rows)
    shown = [(column, [_cell(column.value(row)) for row in found]) for column in columns]
    shown = [(column, cells) for column, cells in shown if not column.rank or any(cells)]
    while True:
        widths = [max(map(cell_len, (column.header, *cells))) for column, cells in shown]
        narrowest = [
            natural if column.narrowest is None else min(natural, max(column.narrowest, len(column.header)))
            for (column, _), natural in zip(shown, widths, strict=True)
        ]
        room = width - _GAP * (len(shown) - 1)
        droppable = max(shown, key=lambda item: item[0].rank)
        if sum(narrowest) <= room or not droppable[0].rank:
            break
        shown.remove(droppable)
    # The widest give first, until the table fits or nothing is left to give.
    while sum(widths) > room and (spare := [p for p, size in enumerate(widths) if size > narrowest[p]]):
        widths[max(spare, key=widths.__getitem__)] -= 1
    table = Table(box=None, padding=(0, _GAP, 0, 0))
    for (column, _), size in zip(shown, widths, strict=True):
        table.add_column(Text(column.header), width=size, no_wrap=True, justify="right" if column.right else "left")
    for line in zip(*(cells for _, cells in shown), strict=True):
        # As Text: what stands in square brackets is a job's, not a style.
        table.add_row(*map(Text, line))
    # In one colour, and as wide as the columns came out: a terminal that is too narrow for them breaks the lines.
    console = Console(width=max(width, sum(widths) + _GAP * len(widths)), color_system=None)
    with console.capture() as capture:
        console.print(table)
    # Where an ellipsis can't be shown, its escape would be wider.
    ellipsis = "~" if console.options.ascii_only else "…"
    return [line.rstrip().replace("…", ellipsis) for line in capture.get().splitlines()]


def _cell(value: object) -> str:
    return "" if value is None else printable(shorten(str(value), _LONGEST))
