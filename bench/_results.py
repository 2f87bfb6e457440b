"""The figures of a run: collected, summed up, compared, saved."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from ._process import DriverError
from ._server import SETTINGS, Server


@dataclass(frozen=True)
class Case:
    """One thing to measure. `run` gives a value by key; the keys of all cases of a run differ."""

    section: str
    title: str
    contender: str
    jobs: int
    run: Callable[[], Mapping[str, float | None]]


@dataclass
class Figure:
    """The values of one key, one for each repetition."""

    key: str
    section: str
    title: str
    contender: str
    jobs: int
    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.values)


@dataclass(frozen=True)
class Goal:
    """A ratio of medians that is to be at least `least`.

    The first key by the best of the others: the greatest, or with `lower_is_better` the least and the ratio inverted,
    so that more is always better. With `limit`, that by the first key.
    """

    title: str
    key: str
    others: tuple[str, ...] = ()
    least: float | None = None
    lower_is_better: bool = False
    limit: float | None = None

    def ratio(self, medians: Mapping[str, float]) -> float | None:
        """Returns the ratio of a goal; None when one side was not measured.

        >>> Goal("", "a", ("b", "c"), lower_is_better=True).ratio({"a": 2.0, "b": 3.0, "c": 4.0})
        1.5
        """
        if self.limit is not None and self.key in medians:
            return self.limit / medians[self.key]
        rivals = [medians[key] for key in self.others if key in medians]
        if self.key not in medians or not rivals:
            return None
        if self.lower_is_better:
            return min(rivals) / medians[self.key]
        return medians[self.key] / max(rivals)


class Results:
    """What a run has found so far."""

    def __init__(self, kind: str, server: Server, repetitions: int) -> None:
        self.kind = kind
        self.repetitions = repetitions
        self.figures: dict[str, Figure] = {}
        self.errors: dict[str, str] = {}
        self.about = describe(server)

    def measure(self, cases: Iterable[Case]) -> None:
        """Runs every case once a repetition, in turns, so that a machine that gets slower does so for all of them."""
        cases = list(cases)
        for repetition in range(self.repetitions):
            for case in cases:
                self._measure(case, repetition)

    def add(self, case: Case, key: str, value: float) -> None:
        figure = self.figures.setdefault(key, Figure(key, case.section, case.title, case.contender, case.jobs))
        figure.values.append(value)

    @property
    def medians(self) -> dict[str, float]:
        return {figure.key: figure.median for figure in self.figures.values()}

    def save(self, path: Path, goals: Iterable[Goal]) -> dict[str, Any]:
        """Writes all figures as JSON and returns the JSON."""
        document = {
            "kind": self.kind,
            "about": self.about,
            "repetitions": self.repetitions,
            "figures": [
                {
                    "key": figure.key,
                    "section": figure.section,
                    "title": figure.title,
                    "contender": figure.contender,
                    "jobs": figure.jobs,
                    "median": figure.median,
                    "min": min(figure.values),
                    "max": max(figure.values),
                    "values": figure.values,
                }
                for figure in self.figures.values()
            ],
            "ratios": [
                {"title": goal.title, "ratio": ratio, "least": goal.least}
                for goal in goals
                if (ratio := goal.ratio(self.medians)) is not None
            ],
            "errors": self.errors,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=2) + "\n")
        return document

    def _measure(self, case: Case, repetition: int) -> None:
        label = f"{case.section}: {case.title} ({case.contender}, {case.jobs:,})"
        print(f"[{repetition + 1}/{self.repetitions}] {label} ", end="", file=sys.stderr, flush=True)
        try:
            values = case.run()
        except (DriverError, psycopg.Error, OSError, subprocess.TimeoutExpired) as error:
            self.errors[label] = str(error)
            print("failed", file=sys.stderr)
            return
        print(", ".join(_brief(key, value) for key, value in values.items() if value is not None), file=sys.stderr)
        for key, value in values.items():
            if value is not None:
                self.add(case, key, value)


def _brief(key: str, value: float) -> str:
    name = key.rpartition(".")[2]
    return f"{name} {value:,.0f}" if value >= 100 else f"{name} {value:.3g}"


def describe(server: Server) -> dict[str, Any]:
    """Describes the machine and the software that the figures belong to."""
    return {
        "postgresql": server.version,
        "settings": SETTINGS,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "date": time.strftime("%Y-%m-%d"),
    }
