"""procrastinate on psycopg. concurrency: of its worker, 1 by default as the library's."""
# mypy: disable-error-code="import-not-found,untyped-decorator"

from __future__ import annotations

import asyncio

import procrastinate

from bench.drivers import common

CONCURRENCY = common.OPTIONS.get("concurrency", 1)
BULK_CALL = 5_000

counter = common.Counter()
app = procrastinate.App(
    connector=procrastinate.PsycopgConnector(conninfo=common.URL, min_size=2, max_size=max(4, CONCURRENCY + 2))
)


@app.task(name="noop")
async def noop(id: int, t: int | None = None) -> None:  # noqa: A002, ARG001
    counter.hit(t)


async def _main(command: str) -> None:
    async with app.open_async():
        if command == "setup":
            await app.schema_manager.apply_schema_async()
            return
        if command == "work":
            counter.report()
            await app.run_worker_async(concurrency=CONCURRENCY)
            return
        stopwatch = common.Stopwatch()
        if command == "enqueue":
            for number in range(common.JOBS):
                await noop.defer_async(id=number)
        elif command == "bulk":
            for first in range(0, common.JOBS, BULK_CALL):
                numbers = range(first, min(first + BULK_CALL, common.JOBS))
                await noop.batch_defer_async(*[{"id": number} for number in numbers])
        else:
            for number in range(common.JOBS):
                await noop.defer_async(id=number, t=common.now())
                await asyncio.sleep(common.pause())
        stopwatch.say()


if __name__ == "__main__":
    asyncio.run(_main(common.COMMAND))
