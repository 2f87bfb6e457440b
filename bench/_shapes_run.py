"""`shapes`: what a full table costs, named queues, a million jobs, two hundred that add jobs at once."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator, Mapping

from . import _measure as measure_of
from . import _scale as scale
from ._contenders import Contender, graphile, ours
from ._results import Case, Goal, Results
from ._server import Server
from ._shape_measure import measure_shape
from ._shapes import BASELINE, SHAPES, Shape

SHAPES_SECTION, QUEUES, MILLION, ENQUEUERS = SECTIONS = ("shapes", "queues", "million", "enqueuers")

_POLL_LIMIT_MS = 1.0
_CLIENTS = 200
_QUEUE_SECONDS = 30.0
"""Some take their queues at a job per poll; half a minute tells."""


def names() -> tuple[str, ...]:
    """Returns the names of the shapes."""
    return tuple(shape.name for shape in (BASELINE, *SHAPES))


def measure(server: Server, results: Results, arguments: argparse.Namespace, sections: Collection[str]) -> None:
    """Runs the sections asked for."""
    quick: bool = arguments.quick
    cases: list[Case] = []
    if SHAPES_SECTION in sections:
        cases += _shape_cases(server, arguments.only or names(), arguments.preset, 10_000 if quick else 50_000, quick)
    if QUEUES in sections:
        cases += _queue_cases(server, 1_000 if quick else 10_000)
    if MILLION in sections:
        cases += _million_cases(server, 100_000 if quick else 1_000_000)
    if ENQUEUERS in sections:
        cases += _enqueuer_cases(server, 3 if quick else 10, arguments.notify_setting)
    results.measure(cases)


def _shape_cases(server: Server, wanted: Collection[str], preset: str, jobs: int, quick: bool) -> Iterator[Case]:
    for shape in (BASELINE, *SHAPES):
        if shape.name in wanted:
            yield _shape_case(server, ours(preset), shape, jobs, 0.1 if quick else 1)


def _shape_case(server: Server, contender: Contender, shape: Shape, jobs: int, share: float) -> Case:
    def run() -> Mapping[str, float]:
        found = {f"shapes.{shape.name}.{name}": value for name, value in measured(shape, with_polls=True).items()}
        if shape is not BASELINE:
            # Right after it, for a ratio that the machine's ups and downs leave alone.
            found[f"shapes.{shape.name}.baseline"] = measured(BASELINE, with_polls=False)["rate"]
        return found

    def measured(each: Shape, *, with_polls: bool) -> dict[str, float]:
        return measure_shape(server, contender, each, jobs, share, with_polls=with_polls)

    return Case(SHAPES_SECTION, shape.title, contender.name, jobs, run)


def _queue_cases(server: Server, jobs: int) -> Iterator[Case]:
    batch = graphile().with_options(concurrency=24, localQueue=500)
    for queues in (1, 100):
        where = "one queue" if queues == 1 else f"{queues} queues"
        for key, title, contender in (
            ("ours", "defaults, concurrency 10", ours("default")),
            ("ours_fast", "throughput mode", ours("throughput")),
            ("graphile", "defaults, 10 at a time", graphile()),
            ("graphile_batch", "local queue 500, 24", batch),
        ):
            if contender.installed:
                yield _queue_case(server, f"queues.{queues}.{key}", f"{where}, {title}", contender, jobs, queues)


def _queue_case(server: Server, key: str, title: str, contender: Contender, jobs: int, queues: int) -> Case:
    def run() -> Mapping[str, float | None]:
        drained = measure_of.drain(server, contender.with_options(queues=queues), jobs, at_most=_QUEUE_SECONDS)
        return {
            f"{key}.rate": drained.rate,
            f"{key}.worker_cpu": drained.worker_cpu,
            f"{key}.server_cpu": drained.server_cpu,
        }

    return Case(QUEUES, title, contender.name, jobs, run)


def _million_cases(server: Server, jobs: int) -> Iterator[Case]:
    for preset, title in (("default", "defaults, concurrency 10"), ("throughput", "throughput mode")):
        yield _million_case(server, preset, title, jobs)


def _million_case(server: Server, preset: str, title: str, jobs: int) -> Case:
    def run() -> Mapping[str, float]:
        found = scale.long_drain(server, ours(preset), jobs)
        return {f"million.{preset}.{name}": value for name, value in found.items()}

    return Case(MILLION, title, "ours", jobs, run)


def _enqueuer_cases(server: Server, seconds: int, setting: str | None) -> Iterator[Case]:
    variants: list[tuple[str, str, bool, str | None]] = [
        ("silent", "notifications taken out", True, None),
        ("default", "defaults", False, None),
    ]
    if setting:
        variants.append(("setting", f"with {setting}", False, setting))
    for key, title, silent, value in variants:
        yield _enqueuer_case(server, key, f"{_CLIENTS} clients, {title}", silent, value, seconds)


def _enqueuer_case(server: Server, key: str, title: str, silent: bool, setting: str | None, seconds: int) -> Case:
    def run() -> Mapping[str, float]:
        rate = scale.enqueuers(server, ours("default"), _CLIENTS, seconds, silent=silent, setting=setting)
        return {f"enqueuers.{key}.rate": rate}

    return Case(ENQUEUERS, title, "ours", 0, run)


GOALS = (
    *(
        Goal(f"drain, {shape.title}", f"shapes.{shape.name}.rate", (f"shapes.{shape.name}.baseline",), 0.8)
        for shape in SHAPES
    ),
    *(
        Goal(f"1 ms / idle poll, {shape.title}", f"shapes.{shape.name}.poll_ms", limit=_POLL_LIMIT_MS, least=1)
        for shape in (BASELINE, *SHAPES)
    ),
    *(
        Goal(
            f"{queues} named queue{'s' if queues > 1 else ''}, {title} / graphile-worker's best",
            f"queues.{queues}.{key}.rate",
            (f"queues.{queues}.graphile.rate", f"queues.{queues}.graphile_batch.rate"),
            1,
        )
        for queues in (1, 100)
        for key, title in (("ours", "defaults"), ("ours_fast", "throughput mode"))
    ),
    *(
        Goal(f"last / first tenth, {preset}", f"million.{preset}.last_tenth", (f"million.{preset}.first_tenth",), 0.9)
        for preset in ("default", "throughput")
    ),
    Goal("enqueuers, defaults / silent", "enqueuers.default.rate", ("enqueuers.silent.rate",)),
    Goal("enqueuers, with the setting / silent", "enqueuers.setting.rate", ("enqueuers.silent.rate",), 0.9),
)
