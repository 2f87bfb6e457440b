"""Worker processes die, freeze and lose connections: what they held is done by others, and only then."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from graphile_worker import Client, JobSpec
from tests import support
from tests.py.support.sessions import connect

PATIENCE = timedelta(seconds=60)
PROGRAM = Path(__file__).with_name("recovering_worker.py")
# Heartbeats alone decide, within a second.
BY_HEARTBEATS = {
    "heartbeat_interval": 0.25,
    "sweep_interval": 0.5,
    "sweep_threshold": 1,
    "recovery_delay": 0,
    "connection_grace": None,
}
# As pg_stat_activity cuts the name.
TERMINATE = """
    select pg_terminate_backend(pid), pid from pg_stat_activity
    where datname = current_database() and backend_start < now() - interval '1 second'
      and application_name = left('graphile-worker heartbeat ' || %s, 63)
"""
REGISTERED = "select id from _private_workers where (metadata ->> 'pid')::int = %s"


class Process:
    """A worker process; `history` is what all that share the file wrote down."""

    def __init__(self, url: str, history: Path, options: dict[str, Any]) -> None:
        self.history = history
        self.process = subprocess.Popen([sys.executable, PROGRAM, url, history, json.dumps(options)])
        self.pid = self.process.pid
        self.signal = self.process.send_signal

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.process.wait()

    def worker_id(self, connection: psycopg.Connection[Any]) -> str:
        """The id that it is registered by, once it is."""
        return support.wait_until(lambda: connection.execute(REGISTERED, [self.pid]).fetchone(), PATIENCE)[0]

    def events(self, *names: str) -> list[tuple[int, int]]:
        """Job and process of each of these events."""
        if not self.history.exists():
            return []
        # The last line may be there in part: whoever reads meanwhile sees any number of its bytes.
        lines = self.history.read_text().split("\n")[:-1]
        records = [json.loads(line) for line in lines]
        return [(record["job"], record["pid"]) for record in records if record["event"] in names]


Start = Callable[..., Process]


@pytest.fixture
def start(database: str, tmp_path: Path) -> Iterator[Start]:
    """Starts worker processes, and ends them after the test."""
    started: list[Process] = []

    def start(**options: Any) -> Process:
        started.append(Process(database, tmp_path / "history", options))
        return started[-1]

    yield start
    for process in started:
        process.kill()


@contextmanager
def triggered(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Has every recovery of a job fail the block: nothing may be taken back within it."""
    connection.execute("create table public.taken (job_id bigint)")
    connection.execute("""
        create function public.note() returns trigger language plpgsql as $$
        begin insert into public.taken values (new.job_id); return new; end $$""")
    connection.execute(
        "create trigger note before insert or update on _private_crashes for each row execute function public.note()"
    )
    yield
    assert connection.execute("select * from public.taken").fetchall() == []


def wait_empty(connection: psycopg.Connection[Any]) -> None:
    support.wait_until(
        lambda: connection.execute("select not exists (select from _private_jobs)").fetchone()[0],
        PATIENCE,
        "jobs are left",
    )


def test_jobs_of_a_killed_worker_are_done_by_another(database: str, start: Start) -> None:
    with connect(database) as connection, Client(database) as client:
        killed, other = start(), start()
        for process in (killed, other):
            process.worker_id(connection)
        total = len(
            client.add_jobs(
                JobSpec(identifier="nap", payload={"seconds": 0.02}, queue_name=None if n % 5 else f"q{n % 3}")
                for n in range(600)
            )
        )
        support.wait_until(lambda: len(killed.events("end")) > 100, PATIENCE)
        killed.kill()
        killed_at = time.monotonic()
        assert connection.execute("select exists (select from _private_jobs)").fetchone()[0], "all was done already"
        wait_empty(connection)
        print(f"every job done {time.monotonic() - killed_at:.1f} s after the kill")
        done = {job for job, _ in killed.events("end")}
        assert len(done) == total
        assert connection.execute("select id from _private_workers").fetchall() == [(other.worker_id(connection),)]


def test_a_worker_that_lost_the_connection_of_its_heartbeats_keeps_its_jobs(database: str, start: Start) -> None:
    with connect(database) as connection, Client(database) as client:
        one = start()
        worker_id = one.worker_id(connection)
        [job_id] = client.add_jobs([JobSpec(identifier="nap", payload={"seconds": 15})])
        support.wait_until(lambda: one.events("start"), PATIENCE)
        # It looks for whoever is missing, all the time.
        start(connection_grace=3).worker_id(connection)
        terminated = set()
        with triggered(connection):
            while not one.events("end"):
                # Again and again, for longer than the grace.
                rows = connection.execute(TERMINATE, [worker_id]).fetchall()
                terminated.update(pid for _, pid in rows)
                time.sleep(0.1)
            wait_empty(connection)
        assert len(terminated) > 4, "the test has terminated too few connections to mean anything"
        assert [job for job, _ in one.events("start")] == [job_id]
        assert one.worker_id(connection) == worker_id


def test_a_handler_that_blocks_the_event_loop_does_not_look_dead(database: str, start: Start) -> None:
    with connect(database) as connection, Client(database) as client:
        one, other = start(**BY_HEARTBEATS), start(**BY_HEARTBEATS)
        for process in (one, other):
            process.worker_id(connection)
        with triggered(connection):
            client.add_job("spin", {"seconds": 4})
            wait_empty(connection)
        assert len(one.events("start")) == len(one.events("end")) == 1
        assert one.events("lost") == []


def test_a_frozen_worker_is_swept_and_goes_on_under_a_new_id(database: str, start: Start) -> None:
    with connect(database) as connection, Client(database) as client:
        frozen = start(**BY_HEARTBEATS)
        former_id = frozen.worker_id(connection)
        job = client.add_job("nap", {"seconds": 3})
        support.wait_until(lambda: frozen.events("start"), PATIENCE)
        frozen.signal(signal.SIGSTOP)
        other = start(**BY_HEARTBEATS)
        support.wait_until(lambda: len(frozen.events("start")) == 2, PATIENCE)
        assert frozen.events("start")[1] == (job.id, other.pid)

        frozen.signal(signal.SIGCONT)
        support.wait_until(lambda: frozen.events(f"swept {former_id}"), PATIENCE)
        # Either its time was up at once, or it was cut off; what came of it was not taken.
        wait_empty(connection)
        assert (job.id, other.pid) in frozen.events("end")
        assert frozen.worker_id(connection) != former_id

        # It works on.
        other.kill()
        client.add_job("nap", {"seconds": 0})
        wait_empty(connection)
        assert frozen.events("start")[-1][1] == frozen.pid
        registered = connection.execute("select id from _private_workers where id = %s", [former_id]).fetchone()
        assert registered is None


def test_a_job_that_kills_its_workers_is_given_up(database: str, start: Start) -> None:
    options = {"connection_grace": 1, "max_crashes": 2, "sweep_interval": 1}
    with connect(database) as connection, Client(database) as client:
        # It does not know a single task of them, and does not need to.
        sweeper = subprocess.Popen(
            [sys.executable, "-c", SWEEPER, database, json.dumps(options)], stdin=subprocess.DEVNULL
        )
        try:
            pill = client.add_job("die", job_key="pill")
            neighbours = client.add_jobs(JobSpec(identifier="nap", payload={"seconds": 0.01}) for _ in range(40))
            died: list[Process] = []

            def given_up(left: int | None = None) -> bool:
                # There is always a worker: the pill may have killed the last one before the neighbours were run.
                if not died or died[-1].process.poll() is not None:
                    died.append(start(**options))
                return bool(client.list_jobs(state="failed")) and left in (None, client.stats().total)

            support.wait_until(given_up, PATIENCE)
            details = client.show_job(pill.id)
            assert details is not None
            assert details.last_error is not None
            assert details.last_error.startswith("Job crashed its worker 2 times")
            assert details.attempts == details.max_attempts
            support.wait_until(lambda: given_up(left=1), PATIENCE, "a neighbour is left")
            assert {job for process in died for job, _ in process.events("end")} == set(neighbours)
            assert died[0].events("start").count((pill.id, died[0].pid)) == 1
            # Retried by an operator, it may crash as often again.
            assert connection.execute("select * from _private_crashes where job_id = %s", [pill.id]).fetchall() == []
        finally:
            sweeper.kill()
            sweeper.wait()


SWEEPER = """
import asyncio, json, sys
sys.argv[2:2] = ["/dev/null"]
from tests.py.faults.recovering_worker import recovery
from graphile_worker import TaskRegistry, Worker
tasks = TaskRegistry()
tasks.add(lambda payload: None, "another")
asyncio.run(Worker(sys.argv[1], tasks, recovery=recovery(json.loads(sys.argv[3]))).run(handle_signals=True))
"""


def test_a_worker_that_stops_leaves_nothing(database: str, start: Start) -> None:
    with connect(database) as connection, Client(database) as client:
        process = start()
        process.worker_id(connection)
        client.add_job("nap", {"seconds": 0.5})
        support.wait_until(lambda: process.events("start"), PATIENCE)
        process.signal(signal.SIGTERM)
        assert process.process.wait(20) == 0
        assert client.stats().total == 0
        assert connection.execute("select * from _private_workers").fetchall() == []
