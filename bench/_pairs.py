"""`pairs`: a commit and the tree in turns, on one server, until their ratio is known."""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from . import _measure as measure
from ._commit import Side, two_sides
from ._process import DriverError
from ._ratios import CONFIDENCE, LEAST_RATE, MOST_CPU, NARROW, Interval, Pairs, Sample
from ._results import describe
from ._server import Server
from ._table import markdown, number

QUEUES = 100
_LEGEND = f"""\
Before and after: medians. Ratios: medians of those of the pairs, in brackets where the median is with {CONFIDENCE:.0%};
of rates more is better, of processor time less. At least {LEAST_RATE}: the ratio of rates is {LEAST_RATE} or more, that
of processor time {MOST_CPU} or less; adding one by one is judged by the latter alone. Wide: the interval is more than
{NARROW:.0%} to either side, and says too little."""
_SETTLE = 1.5
"""Seconds until a worker that was just started is idle."""


@dataclass
class Row:
    """One thing to measure of both sides."""

    name: str
    title: str
    jobs: int
    run: Callable[[Server, Side, int], Sample]
    pairs: Pairs = field(default_factory=Pairs)
    error: str | None = None

    @property
    def verdict(self) -> str:
        if self.error:
            return "failed"
        return ", ".join(
            [*(self.pairs.shortfalls or [f"at least {LEAST_RATE}"]), *([] if self.pairs.is_narrow else ["wide"])]
        )

    def as_json(self) -> dict[str, Any]:
        about = {"name": self.name, "title": self.title, "jobs": self.jobs, "error": self.error}
        return about | (self.pairs.as_json() | {"verdict": self.verdict} if self.pairs.pairs else {})


def _drain(preset: str, **options: Any) -> Callable[[Server, Side, int], Sample]:
    def run(server: Server, side: Side, jobs: int) -> Sample:
        drained = measure.drain(server, side.contender(preset).with_options(**options), jobs)
        return _sample(drained.rate, drained.cpu_per_1000)

    return run


def _add(command: str) -> Callable[[Server, Side, int], Sample]:
    def run(server: Server, side: Side, jobs: int) -> Sample:
        contender = side.contender("default")
        url = measure.prepared_url(server, contender)
        meter = measure.server_meter(server)
        said = contender.driver.call(command, url, jobs)
        return _sample(jobs / said["seconds"], measure.cpu_per_1000(jobs, meter.seconds(), said["cpu"]))

    return run


def _latency(server: Server, side: Side, jobs: int) -> Sample:
    found = measure.latency(server, side.contender("default"), jobs, _SETTLE)
    return _sample(found.milliseconds["p50"], found.cpu_per_1000)


def _sample(value: float, cpu: float | None) -> Sample:
    if not cpu:
        raise DriverError("no processor time was read: that takes Linux, and enough jobs to be seen")
    return Sample(value, cpu)


def rows(quick: bool) -> list[Row]:
    """Returns everything that is measured; sizes for two to four seconds a side, a quarter of that when quick."""
    found = [
        Row("drain", "drain, concurrency 10", 120_000, _drain("default")),
        Row("throughput", "drain, throughput mode", 120_000, _drain("throughput")),
        Row("queues", f"drain, {QUEUES} named queues", 25_000, _drain("default", queues=QUEUES)),
        Row("bulk", "bulk add", 250_000, _add("bulk")),
        # Each waits for its commit to be on the disk: the rate is the disk's.
        Row("add", "add one by one", 5_000, _add("enqueue"), Pairs(by_cpu_only=True)),
        Row("latency", "idle latency, p50 in ms", 300, _latency, Pairs(less_is_better=True)),
    ]
    for row in found:
        row.jobs = row.jobs // 4 if quick else row.jobs
    return found


NAMES = tuple(row.name for row in rows(quick=False))


def run(server: Server, arguments: argparse.Namespace) -> int:
    """Measures, prints the table and saves it; the exit code is 1 when a row failed or is below what it has to be."""
    chosen = [row for row in rows(arguments.quick) if row.name in (arguments.rows or NAMES)]
    with two_sides(arguments.base) as (before, after):
        try:
            for side in (before, after):
                side.check(server)
            _measure(server, chosen, before, after, _limits(arguments))
        finally:
            # What was measured before an interruption is worth keeping.
            about = {"base": before.label, "quick": arguments.quick, **describe(server)}
            _save(arguments.json, about, chosen)
    print(table(chosen), _LEGEND, f"Before: {before.label}. {arguments.json}", sep="\n\n")
    for row in chosen:
        if row.error:
            print(f"\n{row.title} failed: {row.error}")
    if arguments.quick:
        print("\n--quick: too few jobs to judge by, so the exit code does not")
    return int(any(row.error or not (arguments.quick or row.pairs.holds) for row in chosen))


def _limits(arguments: argparse.Namespace) -> tuple[int, int]:
    """Returns the least and the greatest number of pairs."""
    least: int = arguments.min_pairs or (5 if arguments.quick else 10)
    most: int = arguments.max_pairs or (5 if arguments.quick else 40)
    return least, max(least, most)


def _measure(server: Server, chosen: Collection[Row], before: Side, after: Side, limits: tuple[int, int]) -> None:
    """Measures a pair of every row, then another of those that need more: a passing disturbance hits all rows."""
    turn = 0
    while left := [row for row in chosen if not row.error and row.pairs.needs_more(*limits)]:
        # AB, BA, AB: none of the two always comes first, onto what the other one has left behind.
        order = (before, after) if turn % 2 == 0 else (after, before)
        turn += 1
        for row in left:
            try:
                samples = {side.label: row.run(server, side, row.jobs) for side in order}
            except (DriverError, psycopg.Error, OSError, subprocess.TimeoutExpired) as error:
                row.error = str(error)
                print(f"[{turn}] {row.title}: failed", file=sys.stderr)
                continue
            row.pairs.add(samples[before.label], samples[after.label])
            _say(turn, row)


def _say(turn: int, row: Row) -> None:
    before, after = row.pairs.pairs[-1]
    print(
        f"[{turn}] {row.title}: {number(before.value)} {number(after.value)}, cpu {before.cpu:.3f} {after.cpu:.3f};"
        f" so far {_ratio(row.pairs.rates)}, cpu {_ratio(row.pairs.cpu)}",
        file=sys.stderr,
    )


def table(chosen: Collection[Row]) -> str:
    """Returns every row with what was found as a table."""
    lines = []
    for row in chosen:
        cells = [""] * 9
        if row.pairs.pairs:
            medians = row.pairs.medians()
            cells = [
                str(len(row.pairs.pairs)),
                number(medians["before"]),
                number(medians["after"]),
                *_ratio(row.pairs.rates).split(" ", 1),
                f"{medians['cpu_before']:.3f}",
                f"{medians['cpu_after']:.3f}",
                *_ratio(row.pairs.cpu).split(" ", 1),
            ]
        lines.append([row.title, row.verdict, *cells])
    header = [
        "row",
        "verdict",
        "pairs",
        "before",
        "after",
        "ratio",
        "90 %",
        "cpu s/1,000 before",
        "after",
        "ratio",
        "90 %",
    ]
    return markdown(header, lines)


def _ratio(found: Interval) -> str:
    high = f"{found.high:.3f}" if math.isfinite(found.high) else "?"
    return f"{found.median:.3f} [{found.low:.3f}, {high}]"


def _save(path: Path, about: dict[str, Any], chosen: Collection[Row]) -> None:
    found = [row.as_json() for row in chosen]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"kind": "pairs", "about": about, "rows": found}, indent=2) + "\n")
