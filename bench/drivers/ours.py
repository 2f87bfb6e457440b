"""This queue. Options that are not named here go to Worker as they are; durations as "20ms" or "1s", local_queue as an
object.

uvloop: run on uvloop. mixed: jobs without "id" only stand in the way. batch: jobs per add_jobs call.

`bench pairs` runs this very file with an earlier commit's package, too, so that both sides are measured by the same
instrument: the names imported below, and what is done with them, must exist in every commit that may be its BASE. All
of them are public and have been there since 0.1.0. A measurement of something newer belongs into a driver of its own.
"""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Any

import graphile_worker
from bench.drivers import common
from graphile_worker import AsyncClient, Client, JobSpec, LocalQueue, TaskRegistry, Worker, migrate

OPTIONS = common.OPTIONS
USES_UVLOOP = OPTIONS.pop("uvloop", False)
IS_MIXED = OPTIONS.pop("mixed", False)
BATCH = OPTIONS.pop("batch", 10_000)

counter = common.Counter()
tasks = TaskRegistry()


def _registered() -> None:
    if IS_MIXED:

        @tasks.task("noop")
        async def noop_mixed(payload: dict[str, Any]) -> None:
            counter.hit_any(payload)

        # What limits hold back.
        tasks.add(noop_mixed, "held")

    elif common.LATENCY:

        @tasks.task("noop")
        async def noop_timed(payload: dict[str, Any]) -> None:
            counter.hit(payload["t"])

    else:

        @tasks.task("noop")
        async def noop(payload: dict[str, Any]) -> None:  # noqa: ARG001
            counter.hit()


def _option(name: str, value: Any) -> Any:
    if name == "local_queue":
        return LocalQueue(**{each: _option(each, of_queue) for each, of_queue in value.items()})
    duration = re.fullmatch(r"(\d+)(ms|s)", value) if isinstance(value, str) else None
    if duration is None:
        return value
    return timedelta(milliseconds=int(duration[1]) * (1 if duration[2] == "ms" else 1000))


def _enqueue() -> None:
    # The plain client: who waits for each call gains nothing from an event loop.
    with Client(common.URL) as client:
        stopwatch = common.Stopwatch()
        for number in range(common.JOBS):
            client.add_job("noop", {"id": number})
        stopwatch.say()


async def _bulk() -> None:
    async with AsyncClient(common.URL) as client:
        stopwatch = common.Stopwatch()
        for first in range(0, common.JOBS, BATCH):
            await client.add_jobs(
                JobSpec(identifier="noop", payload={"id": number}, queue_name=common.queue_name(number))
                for number in range(first, min(first + BATCH, common.JOBS))
            )
        stopwatch.say()


async def _trickle() -> None:
    async with AsyncClient(common.URL) as client:
        stopwatch = common.Stopwatch()
        for number in range(common.JOBS):
            await client.add_job("noop", {"id": number, "t": common.now()})
            await asyncio.sleep(common.pause())
        stopwatch.say()


async def _work() -> None:
    _registered()
    counter.report()
    worker_options = {name: _option(name, value) for name, value in OPTIONS.items() if name != "queues"}
    await Worker(common.URL, tasks, **worker_options).run(handle_signals=True)


def _main() -> None:
    if common.COMMAND == "setup":
        migrate(common.URL)
        # Lets the benchmark check that it measures the package that was asked for.
        common.say(package=graphile_worker.__file__)
        return
    if common.COMMAND == "enqueue":
        _enqueue()
        return
    command = {"bulk": _bulk, "trickle": _trickle, "work": _work}[common.COMMAND]
    if USES_UVLOOP:
        import uvloop

        uvloop.run(command())
    else:
        asyncio.run(command())


if __name__ == "__main__":
    _main()
