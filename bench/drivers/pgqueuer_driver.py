"""pgqueuer on asyncpg, with uvloop. batch_size: of its run(). pool: a pool of four connections instead of one."""
# mypy: disable-error-code="import-not-found,import-untyped,untyped-decorator"

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver, AsyncpgPoolDriver
from pgqueuer.queries import Queries

from bench.drivers import common

BATCH = common.OPTIONS.get("batch_size", 10)
BULK_CALL = 5_000


def _setup() -> None:
    program = Path(sys.executable).with_name("pgq")
    subprocess.run([program, "--pg-dsn", common.URL, "install"], check=True, stdout=subprocess.DEVNULL)


async def _work() -> None:
    counter = common.Counter()
    driver: Any
    if common.OPTIONS.get("pool"):
        driver = AsyncpgPoolDriver(await asyncpg.create_pool(common.URL, min_size=2, max_size=4))
    else:
        driver = AsyncpgDriver(await asyncpg.connect(common.URL))
    pgq = PgQueuer(driver)

    @pgq.entrypoint("noop")
    async def noop(job: Any) -> None:
        counter.hit(json.loads(job.payload).get("t"))

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: os._exit(0))
    counter.report()
    await pgq.run(batch_size=BATCH)


async def _add(command: str) -> None:
    queries = Queries(AsyncpgDriver(await asyncpg.connect(common.URL)))
    stopwatch = common.Stopwatch()
    if command == "enqueue":
        for number in range(common.JOBS):
            await queries.enqueue("noop", b'{"id": %d}' % number)
    elif command == "bulk":
        for first in range(0, common.JOBS, BULK_CALL):
            numbers = range(first, min(first + BULK_CALL, common.JOBS))
            payloads = [b'{"id": %d}' % number for number in numbers]
            await queries.enqueue(["noop"] * len(payloads), payloads, [0] * len(payloads))
    else:
        for number in range(common.JOBS):
            await queries.enqueue("noop", b'{"id": %d, "t": %d}' % (number, common.now()))
            await asyncio.sleep(common.pause())
    stopwatch.say()


def _main() -> None:
    if common.COMMAND == "setup":
        _setup()
        return
    try:
        import uvloop

        uvloop.install()
    except ImportError:
        pass
    asyncio.run(_work() if common.COMMAND == "work" else _add(common.COMMAND))


if __name__ == "__main__":
    _main()
