"""Figures and ratios as text, for the terminal and for the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

_SECONDARY = ("worker_cpu", "server_cpu")
"""Keys that stand beside a figure and are none of their own."""
_QUANTITIES = {
    "p50": "p50, ms",
    "p95": "p95, ms",
    "p99": "p99, ms",
    "poll_ms": "idle poll, ms",
    "call_ms": "get_jobs, ms",
    "baseline": "jobs/s, nothing else",
    "first_tenth": "jobs/s, first tenth",
    "last_tenth": "jobs/s, last tenth",
}
"""By the end of the key; jobs per second when it is another one."""


def number(value: float) -> str:
    """Formats a figure with three significant digits, or all of its whole part.

    >>> number(12345.6), number(12.34), number(0.01234)
    ('12,346', '12.3', '0.0123')
    """
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Returns a table; the first two columns are text, the others figures.

    >>> print(markdown(["what", "n"], [["one", "1"], ["eleven", "11"]]))
    | what   | n  |
    |--------|----|
    | one    | 1  |
    | eleven | 11 |
    """
    lines = [list(header), *[list(row) for row in rows]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]

    def text(line: list[str]) -> str:
        cells = [
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        return f"| {' | '.join(cells)} |"

    rule = "|".join("-" * (width + 1) + (":" if column >= 2 else "-") for column, width in enumerate(widths))
    return "\n".join([text(lines[0]), f"|{rule}|", *(text(line) for line in lines[1:])])


def figures(document: dict[str, Any]) -> str:
    """Returns one table per section of a saved run."""
    by_key = {figure["key"]: figure for figure in document["figures"]}
    sections: dict[str, list[list[str]]] = {}
    for figure in document["figures"]:
        prefix, _, name = figure["key"].rpartition(".")
        if name in _SECONDARY:
            continue
        cpu = [by_key.get(f"{prefix}.{which}") for which in _SECONDARY] if name == "rate" else []
        busy = " + ".join(number(each["median"]) for each in cpu if each)
        row = [
            figure["title"],
            figure["contender"],
            f"{figure['jobs']:,}" if figure["jobs"] else "",
            _QUANTITIES.get(name, "jobs/s"),
            *(number(figure[which]) for which in ("min", "median", "max")),
        ]
        sections.setdefault(figure["section"], []).append([*row, busy])
    tables = []
    for section, rows in sections.items():
        header = ["what", "who", "jobs", "quantity", "min", "median", "max", "cpu %"]
        if not any(row[-1] for row in rows):
            header, rows = header[:-1], [row[:-1] for row in rows]
        tables.append(f"**{section}**\n\n{markdown(header, rows)}")
    return "\n\n".join(tables)


def ratios(document: dict[str, Any]) -> str:
    """Returns the ratios of a saved run, and what they are to be."""
    rows = [
        [
            ratio["title"],
            "" if ratio["least"] is None else "met" if ratio["ratio"] >= ratio["least"] else "missed",
            f"{ratio['ratio']:.2f}",
            "" if ratio["least"] is None else f"{ratio['least']:.2f}",
        ]
        for ratio in document["ratios"]
    ]
    return markdown(["ratio of medians", "goal", "ratio", "at least"], rows)
