"""One crontab beside a worker of the previous release, and after an upgrade from it: each tick has one job."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graphile_worker import AsyncClient, Crontab, migrate
from graphile_worker._worker.crontab_publisher import CrontabPublisher
from tests.py.support.sessions import connect
from tests.releases.earlier import Release

CRONTAB = "* * * * * a ?fill=1d\n*/2 * * * * b ?id=second&fill=1d\n*/3 * * * * c ?fill=1d&queue=q\n"
# As the previous release leaves it: its workers went down a while ago.
KNOWN = """
    insert into graphile_worker._private_known_crontabs (identifier, known_since, last_execution)
    select i, now() - interval '2 days', date_trunc('minute', now()) - interval '20 hours'
    from unnest('{a,second,c}'::text[]) as i
    returning last_execution"""
TICKS = """
    select t.identifier, (j.payload -> '_cron' ->> 'ts')::timestamptz as tick
    from graphile_worker._private_jobs as j inner join graphile_worker._private_tasks as t on t.id = j.task_id"""
# Ticks after an instant that have no job, or several.
WRONG = f"""
    select e.task, e.tick, count(f.tick)
    from (
      select i.task, t.tick
      from (values ('a', 'a', 1), ('b', 'second', 2), ('c', 'c', 3)) as i (task, identifier, step)
      inner join graphile_worker._private_known_crontabs as k on k.identifier = i.identifier
      cross join generate_series(%s::timestamptz + interval '1 minute', now(), '1 minute') as t (tick)
      where extract(minute from t.tick at time zone 'UTC')::integer %% i.step = 0 and t.tick <= k.last_execution
    ) as e
    left join ({TICKS}) as f on f.identifier = e.task and f.tick = e.tick
    group by e.task, e.tick
    having count(f.tick) <> 1"""


@contextmanager
def old_scheduler(release: Release, url: str, crontab: Path) -> Iterator[subprocess.Popen[str]]:
    """A worker of the previous release that runs the crontab and has no task of it."""
    code = (
        "import asyncio, sys; from graphile_worker import Crontab, TaskRegistry, Worker; tasks = TaskRegistry();"
        "tasks.add(lambda payload: None, 'none');"
        "asyncio.run(Worker(sys.argv[1], tasks, crontab=Crontab.read(sys.argv[2])).run(handle_signals=True))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, url, str(crontab)],
        env={**os.environ, **release.environment()},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


async def test_each_tick_has_one_job_beside_the_previous_release(
    empty_database: str, previous_release: Release, tmp_path: Path
) -> None:
    path = tmp_path / "crontab"
    path.write_text(CRONTAB)
    previous_release.migrate(empty_database)
    with connect(empty_database) as session:
        ((last, *_), *_) = session.execute(KNOWN).fetchall()
        migrate(empty_database)
        ours = 0
        with old_scheduler(previous_release, empty_database, path) as old:
            while not session.execute("select from _private_jobs limit 1").fetchall():
                assert old.poll() is None, old.stderr and old.stderr.read()
            # It is at it.
            async with AsyncClient(empty_database) as client:
                await CrontabPublisher(Crontab.read(path)).publish(client)
            while session.execute("select from next_schedule() where due_in <= '0'").fetchall():
                ours += len(session.execute("select from schedule_due_jobs(max_ticks => 20)").fetchall())
        ((total,),) = session.execute("select count(*) from _private_jobs").fetchall()
        assert 0 < ours < total
        assert session.execute(WRONG.encode(), [last]).fetchall() == []
