"""`report`: puts the figures of saved runs, and charts of them, into docs/performance.md."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ._chart import FLOOR, OTHERS, OURS, Bar, bar_chart
from ._process import ROOT
from ._table import figures, ratios

_DOCS = ROOT / "docs"
_PAGE = _DOCS / "performance.md"
_KINDS = ("compare", "shapes")


def report(folder: Path) -> int:
    """Fills in what was run; returns the exit code, 1 when there is nothing."""
    documents = [json.loads(path.read_text()) for kind in _KINDS if (path := folder / f"{kind}.json").exists()]
    if not documents:
        print(f"no results in {folder}: run the benchmark first", file=sys.stderr)
        return 1
    page = _PAGE.read_text()
    for document in documents:
        page = _filled(page, document)
    _PAGE.write_text(page)
    print(_PAGE.relative_to(ROOT))
    return 0


def _filled(page: str, document: dict[str, Any]) -> str:
    """Replaces everything between the two markers of this kind of run in the page."""
    kind = document["kind"]
    begin, end = f"<!-- bench: {kind} -->", f"<!-- end: {kind} -->"
    before, _, rest = page.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{_PAGE} has no markers for {kind}")
    parts = [_about(document)]
    bars = _bars(document)
    if bars:
        chart = _DOCS / f"performance-{kind}.svg"
        title = {"compare": "Draining, jobs per second", "shapes": "Drain rate by that of an otherwise empty table"}[
            kind
        ]
        chart.write_text(bar_chart(title, bars, mark=1.0 if kind == "shapes" else None))
        parts.append(f"![{title}]({chart.name})")
    parts += [ratios(document), figures(document)]
    body = "\n\n".join(parts)
    return f"{before}{begin}\n\n{body}\n\n{end}{after}"


def _about(document: dict[str, Any]) -> str:
    about = document["about"]
    settings = ", ".join(f"{name} {value}" for name, value in about["settings"].items())
    return (
        f"{about['date']}, {about['processors']} processors, {about['system']}, "
        f"PostgreSQL {about['postgresql']} ({settings}), Python {about['python']}; "
        f"repetitions: {document['repetitions']}."
    )


def _bars(document: dict[str, Any]) -> list[Bar]:
    medians = {figure["key"]: figure for figure in document["figures"]}
    if document["kind"] == "compare":
        shown = [
            figure
            for key, figure in medians.items()
            if (key.startswith("drain.") and key.endswith(".rate")) or key.startswith("floor.")
        ]
        colours = {"ours": OURS, "floor": FLOOR}
        bars = [
            Bar(
                f"{figure['contender']}: {figure['title']}",
                figure["median"],
                colours.get(figure["contender"], OTHERS),
            )
            for figure in shown
        ]
        return sorted(bars, key=lambda bar: -bar.value)
    bars = []
    for key, figure in medians.items():
        section, name, quantity = (*key.split("."), "", "")[:3]
        baseline = medians.get(f"shapes.{name}.baseline")
        if section == "shapes" and quantity == "rate" and baseline:
            bars.append(Bar(figure["title"], round(figure["median"] / baseline["median"], 2), OURS))
    return bars
