"""`compare`: ours, the floor and the peers, at adding, draining and starting a single job."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from . import _floor as floor
from . import _measure as measure
from ._contenders import Contender, graphile, ours, pgmq, pgqueuer, procrastinate
from ._results import Case, Goal
from ._server import Server

ADD, BULK, DRAIN, FLOOR, LATENCY = "add", "bulk", "drain", "floor", "latency"
SECTIONS = (ADD, BULK, DRAIN, FLOOR, LATENCY)
CONTENDERS = ("ours", "floor", "graphile", "pgqueuer", "procrastinate", "pgmq")


@dataclass(frozen=True)
class Sizes:
    """Numbers of jobs; `slow` for queues that take a while to drain."""

    add: int = 5_000
    bulk: int = 200_000
    bulk_slow: int = 20_000
    drain: int = 200_000
    drain_middle: int = 100_000
    drain_slow: int = 20_000
    drain_slowest: int = 10_000
    latency: int = 500


QUICK = Sizes(500, 20_000, 5_000, 20_000, 10_000, 4_000, 1_000, 100)


def cases(server: Server, sizes: Sizes, only: Collection[str], sections: Collection[str]) -> Iterator[Case]:
    """Yields everything to measure, those with missing peers left out."""
    for contender, case in _all(server, sizes):
        if contender in only and case.section in sections:
            yield case


def peers() -> dict[str, Contender]:
    """Returns the peers by the names that --only knows."""
    return {"graphile": graphile(), "pgqueuer": pgqueuer(), "procrastinate": procrastinate(), "pgmq": pgmq()}


def _all(server: Server, sizes: Sizes) -> Iterator[tuple[str, Case]]:
    queues = {"ours": ours("throughput"), **{name: peer for name, peer in peers().items() if peer.installed}}
    for name, queue in queues.items():
        yield name, _added(server, name, queue, sizes.add)
    yield (
        "floor",
        Case(
            ADD, "insert and commit, pgbench", "floor", sizes.add,
            lambda: {"add.floor": floor.insert_one_by_one(server, sizes.add)},
        ),
    )  # fmt: skip
    for name, queue in queues.items():
        yield name, _bulk(server, name, queue, sizes.bulk_slow if name == "procrastinate" else sizes.bulk)
    yield (
        "floor",
        Case(BULK, "copy", "floor", sizes.bulk, lambda: {"bulk.floor": floor.copy(server, sizes.bulk)}),
    )
    for clients in (1, 2):
        yield "floor", _floor_case(server, clients, sizes.drain)
    for name, key, title, queue, jobs, processes in _drains(sizes):
        if queue.installed:
            yield name, _drained(server, key, title, queue, jobs, processes)
    for name, key, title, queue in _latencies():
        if queue.installed:
            yield name, _latency(server, key, title, queue, sizes.latency)


def _drains(sizes: Sizes) -> Iterator[tuple[str, str, str, Contender, int, int]]:
    fast = ours("throughput")
    yield "ours", "ours", "defaults, concurrency 10", ours("default"), sizes.drain_middle, 1
    yield "ours", "ours_fast", "throughput mode", fast, sizes.drain, 1
    yield "ours", "ours_fast_2", "throughput mode, 2 processes", fast, sizes.drain, 2
    batch = graphile().with_options(concurrency=24, localQueue=500)
    yield "graphile", "graphile", "defaults, 10 at a time", graphile(), sizes.drain_slow, 1
    yield "graphile", "graphile_batch", "local queue 500, 24", batch, sizes.drain, 1
    yield "graphile", "graphile_batch_2", "local queue 500, 24, 2 processes", batch, sizes.drain, 2
    pooled = pgqueuer().with_options(batch_size=500, pool=True)
    yield "pgqueuer", "pgqueuer", "defaults, batch 10", pgqueuer(), sizes.drain_slow, 1
    yield "pgqueuer", "pgqueuer_500", "batch 500, pool of 4", pooled, sizes.drain_middle, 1
    yield "pgqueuer", "pgqueuer_500_2", "batch 500, pool of 4, 2 processes", pooled, sizes.drain_middle, 2
    yield "procrastinate", "procrastinate", "concurrency 1", procrastinate(), sizes.drain_slowest, 1
    many = procrastinate().with_options(concurrency=30)
    yield "procrastinate", "procrastinate_30", "concurrency 30", many, sizes.drain_slowest, 1
    yield "pgmq", "pgmq", "read 500 and delete", pgmq(), sizes.drain, 1
    yield "pgmq", "pgmq_2", "read 500 and delete, 2 processes", pgmq(), sizes.drain, 2


def _latencies() -> Iterator[tuple[str, str, str, Contender]]:
    yield "ours", "ours", "defaults, concurrency 10", ours("default")
    yield "ours", "ours_fast", "throughput mode", ours("throughput")
    yield "graphile", "graphile", "defaults, 10 at a time", graphile()
    yield "pgqueuer", "pgqueuer", "defaults, batch 10", pgqueuer()
    yield "procrastinate", "procrastinate", "concurrency 1", procrastinate()


def _added(server: Server, name: str, queue: Contender, jobs: int) -> Case:
    return Case(
        ADD,
        "a call and transaction each",
        queue.name,
        jobs,
        lambda: {f"add.{name}": measure.add_one_by_one(server, queue, jobs)},
    )


def _bulk(server: Server, name: str, queue: Contender, jobs: int) -> Case:
    return Case(BULK, "bulk call", queue.name, jobs, lambda: {f"bulk.{name}": measure.add_in_bulk(server, queue, jobs)})


def _floor_case(server: Server, clients: int, jobs: int) -> Case:
    title = f"claim {floor.BATCH} and delete them, {clients} client{'s' if clients > 1 else ''}"
    return Case(
        FLOOR, title, "floor", jobs, lambda: {f"floor.{clients}": floor.claim_and_delete(server, jobs, clients)}
    )


def _drained(server: Server, key: str, title: str, queue: Contender, jobs: int, processes: int) -> Case:
    def run() -> Mapping[str, float | None]:
        drained = measure.drain(server, queue, jobs, processes)
        return {
            f"drain.{key}.rate": drained.rate,
            f"drain.{key}.worker_cpu": drained.worker_cpu,
            f"drain.{key}.server_cpu": drained.server_cpu,
        }

    return Case(DRAIN, title, queue.name, jobs, run)


def _latency(server: Server, key: str, title: str, queue: Contender, jobs: int) -> Case:
    def run() -> Mapping[str, float]:
        found = measure.latency(server, queue, jobs).milliseconds
        return {f"latency.{key}.{name}": value for name, value in found.items()}

    return Case(LATENCY, title, queue.name, jobs, run)


_PEERS = ("graphile", "pgqueuer", "procrastinate")
_BEST_BUT_BATCH = (
    "drain.graphile.rate", "drain.pgqueuer.rate", "drain.pgqueuer_500.rate", "drain.procrastinate.rate",
    "drain.procrastinate_30.rate", "drain.pgmq.rate",
)  # fmt: skip

GOALS = (
    Goal("defaults / graphile-worker's defaults", "drain.ours.rate", ("drain.graphile.rate",), 8),
    Goal("defaults / best peer but graphile-worker's batch mode", "drain.ours.rate", _BEST_BUT_BATCH, 1),
    Goal("throughput mode / graphile-worker's batch mode", "drain.ours_fast.rate", ("drain.graphile_batch.rate",), 1.3),
    Goal("the same, 2 processes", "drain.ours_fast_2.rate", ("drain.graphile_batch_2.rate",), 1.2),
    Goal("throughput mode / SQL floor, 1 client", "drain.ours_fast.rate", ("floor.1",), 0.6),
    Goal("bulk / graphile-worker's addJobs", "bulk.ours", ("bulk.graphile",), 1.4),
    Goal("bulk / pgmq's send_batch", "bulk.ours", ("bulk.pgmq",)),
    Goal("one by one / best peer", "add.ours", tuple(f"add.{name}" for name in (*_PEERS, "pgmq")), 1.1),
    Goal("one by one / SQL floor", "add.ours", ("add.floor",)),
    *(
        Goal(
            f"idle latency, best peer / ours, {name}",
            f"latency.ours.{name}",
            tuple(f"latency.{peer}.{name}" for peer in _PEERS),
            1,
            lower_is_better=True,
        )
        for name in ("p50", "p99")
    ),
)
