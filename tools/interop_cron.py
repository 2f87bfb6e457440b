"""Runs one crontab in Node's graphile-worker and in ours, on one database at once, and counts the jobs of each tick.

    python tools/interop_cron.py [--minutes 2]

Real time, as Node's clock cannot be changed: two workers of each kind for so many minutes, with entries that were last
scheduled half an hour ago, so that all of them start by backfilling the same ticks. tools/interop.py does it until the
next tick only, as one of its behaviours. Needs npm, which fetches Node.js and the package. The server is the one that
TEST_DATABASE_URL names, else an embedded one. Exits 1 when a tick has no job, or several.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import npm_packages
import psycopg
from interop_peers import NODE, PACKAGE, Lab, check
from psycopg import sql

from graphile_worker import AsyncClient, CronJobScheduled, Crontab, Hooks, migrate
from graphile_worker._embedded import EmbeddedServer
from graphile_worker._worker.crontab_publisher import CrontabPublisher
from graphile_worker._worker.schedules import Schedules

DATABASE = f"interop_cron_{os.getpid()}"
CRONTAB = """
* * * * * new_entry
* * * * * every_minute ?fill=1h {n: 1}
*/2 * * * * queued ?id=second&fill=20m&queue=q&priority=-3&max=4
*/5 * * * * unfilled
* * * * * keyed ?fill=1h&jobKey=k
*/5 * * * * kept ?fill=1h&jobKey=kept&jobKeyMode=preserve_run_at
"""
KEYED = {"keyed", "kept"}
PROGRAM = """
import { run } from "graphile-worker";
const [connectionString, crontab] = process.argv.slice(-2);
const runner = await run({ connectionString, crontab, taskList: { other: () => {} } });
await runner.promise;
"""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=int, default=2)
    minutes = parser.parse_args().minutes
    with _database() as url:
        migrate(url)
        failures, lines = _run(url, timedelta(minutes=minutes, seconds=10))
    print("\n".join(lines))
    return 1 if failures else 0


def crontabs(lab: Lab) -> str:
    """Returns a crontab for one tick, and for those that are backfilled before it."""
    now = datetime.now(UTC)
    to_next_tick = timedelta(seconds=60 - now.second)
    # Node needs a few seconds to start; both have to be there at the tick.
    if to_next_tick < timedelta(seconds=10):
        to_next_tick += timedelta(minutes=1)
    try:
        failures, lines = _run(lab.url, to_next_tick + timedelta(seconds=5))
    finally:
        lab.connection.execute("delete from graphile_worker._private_known_crontabs")
    check(not failures, "\n".join(lines))
    return f"{len(lines)} entries, backfilled and at the next tick: each tick has one job, whoever was first"


def _run(url: str, duration: timedelta) -> tuple[int, list[str]]:
    """Returns how many entries are not as they should be, and a line about each."""
    start = datetime.now(UTC)
    last = start.replace(second=0, microsecond=0) - timedelta(minutes=30)
    crontab = Crontab.parse(CRONTAB)
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        known = [(entry.id, last, last) for entry in crontab if entry.id != "new_entry"]
        cursor.executemany("insert into graphile_worker._private_known_crontabs values (%s, %s, %s)", known)
    command = [str(npm_packages.node(NODE)), "--input-type=module", "--eval", PROGRAM, url, CRONTAB]
    nodes = [subprocess.Popen(command, cwd=npm_packages.package(PACKAGE), stdout=subprocess.DEVNULL) for _ in range(2)]
    try:
        ours = asyncio.run(_ours(url, crontab, start + duration))
    finally:
        for node in nodes:
            node.terminate()
        for node in nodes:
            node.wait()
    return _report(url, crontab, start, last, ours)


@contextmanager
def _database() -> Iterator[str]:
    with ExitStack() as stack:
        server = os.environ.get("TEST_DATABASE_URL")
        if server is None:
            embedded = EmbeddedServer(tempfile.mkdtemp(prefix="interop-cron-"))
            stack.callback(embedded.remove)
            stack.callback(embedded.stop, "immediate")
            server = embedded.start().url
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
            yield urlsplit(server)._replace(path=f"/{DATABASE}").geturl()
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(DATABASE)))


async def _ours(url: str, crontab: Crontab, until: datetime) -> Counter[str]:
    """Schedules as two workers of ours do until an instant; returns how many jobs they added for each entry."""
    scheduled: Counter[str] = Counter()
    hooks = Hooks()

    @hooks.on(CronJobScheduled)
    def count(event: CronJobScheduled) -> None:
        scheduled[event.identifier] += 1

    clients = [AsyncClient(url) for _ in range(2)]
    schedulers = [Schedules(client, hooks, CrontabPublisher(crontab)) for client in clients]
    # Node takes a moment to start; together is what this is about.
    await asyncio.sleep(0.5)
    for scheduler in schedulers:
        await scheduler.start()
    await asyncio.sleep((until - datetime.now(UTC)).total_seconds())
    for scheduler in schedulers:
        await scheduler.stop()
    for client in clients:
        await client.close()
    return scheduled


def _report(url: str, crontab: Crontab, start: datetime, last: datetime, ours: Counter[str]) -> tuple[int, list[str]]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            """
            select t.identifier, j.run_at, j.payload, j.revision
            from graphile_worker._private_jobs as j
            inner join graphile_worker._private_tasks as t on t.id = j.task_id
            order by j.run_at
            """
        ).fetchall()
        executed: dict[str, datetime] = dict(
            connection.execute(
                "select identifier, last_execution from graphile_worker._private_known_crontabs"
            ).fetchall()
        )
    failures = 0
    lines = []
    for entry in crontab:
        # What is a few minutes late is not missed, by ours.
        missed = max(entry.fill, timedelta(minutes=5)) if entry.id != "new_entry" else timedelta(0)
        begin = max(last, start - missed)
        expected = entry.ticks(begin, executed[entry.id])
        mine: list[Any] = [row for row in rows if row[0] == entry.task]
        if entry.task in KEYED:
            # One job, that was replaced at each later tick.
            found = [mine[0][2]["_cron"]["ts"]] if mine else []
            good = len(mine) == 1 and mine[0][3] == len(expected) - 1 and found == [_written(expected[-1])]
            count = mine[0][3] + 1 if mine else 0
        else:
            found = [row[2]["_cron"]["ts"] for row in mine]
            good = found == [_written(tick) for tick in expected]
            count = len(mine)
        failures += not good
        line = (
            f"{'ok    ' if good else 'FAILED'} {entry.id:<14} ticks {len(expected):>3}  scheduled {count:>3}"
            f"  by us {ours[entry.id]:>3}  by node {count - ours[entry.id]:>3}"
        )
        if not good:
            line += f"\n  expected {[_written(tick) for tick in expected]}\n  found    {found}"
        lines.append(line)
    return failures, lines


def _written(tick: datetime) -> str:
    return tick.strftime("%Y-%m-%dT%H:%M:00.000Z")


if __name__ == "__main__":
    sys.exit(main())
