"""What tools/interop.py needs to make two runtimes meet: their processes, and the database between them."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import npm_packages
import psycopg
from psycopg.rows import dict_row

PACKAGE = "graphile-worker@0.18.0"
NODE = 22
# Seconds until something that has to happen is given up: far more than it takes, on a machine with other things to do.
PATIENCE = 60.0

Run = dict[str, Any]


class Failure(Exception):
    """A behaviour is not as it should be; the message says what was seen."""


def check(condition: object, seen: object) -> None:
    """Raises Failure, with what was seen, unless the condition holds."""
    if not condition:
        raise Failure(str(seen))


def same(found: Run | None, expected: dict[str, Any]) -> None:
    """Raises Failure unless a run or row has these values; it may have more."""
    check(found is not None, "the job is gone")
    assert found is not None
    different = {name: (found[name], value) for name, value in expected.items() if found[name] != value}
    check(not different, f"job {found.get('job', found.get('id'))}, found and expected: {different}")


class Peer:
    """A process of one runtime that adds jobs and runs them: tools/interop_worker.mjs or .py.

    `call` sends a request and waits for its answer; what the process tells on its own is collected in `events`.
    """

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self.events: list[dict[str, Any]] = []
        self._answers: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._answer()

    def __repr__(self) -> str:
        return self.name

    def call(self, call: str, **args: Any) -> Any:
        """Raises Failure when the call fails."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"call": call, "args": args}) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def start(self, tasks: dict[str, str], **options: Any) -> None:
        """Starts a worker; `tasks` says of each whether it is to record, fail or hold its jobs, or two of these."""
        self.call("start", tasks=tasks, **options)

    def stop(self) -> None:
        self.call("stop")

    def add_job(self, identifier: str, payload: Any = None, **spec: Any) -> int:
        job_id: int = self.call("add_job", identifier=identifier, payload=payload, **spec)
        return job_id

    def add_jobs(self, specs: list[dict[str, Any]], **options: Any) -> list[int]:
        job_ids: list[int] = self.call("add_jobs", specs=specs, **options)
        return job_ids

    def runs(self, *tasks: str, event: str = "run") -> list[Run]:
        """Returns the runs of these tasks that have ended (or, event="held", begun), in the order in which they did."""
        with self._news:
            return [seen for seen in self.events if seen["event"] == event and seen["task"] in tasks]

    def await_runs(self, count: int, *tasks: str, event: str = "run") -> list[Run]:
        """Waits for so many runs of these tasks and returns them as `runs` does."""
        with self._news:
            if not self._news.wait_for(lambda: len(self.runs(*tasks, event=event)) >= count, PATIENCE):
                raise Failure(f"{self}: {len(self.runs(*tasks, event=event))} of {count} {event} of {', '.join(tasks)}")
            return self.runs(*tasks, event=event)

    def logged(self) -> list[str]:
        with self._news:
            return [f"{seen['level']}: {seen['message']}" for seen in self.events if seen["event"] == "log"]

    def await_end(self) -> None:
        """Waits for the end of the process, to which a signal was sent, and for all that it told."""
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self} goes on after the signal") from None
        self._reader.join()

    def close(self) -> None:
        """Ends the process."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.close()
            self.process.wait(20)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said = json.loads(line)
            with self._news:
                (self.events if "event" in said else self._answers).append(said)
                self._news.notify_all()
        with self._news:
            self._answers.append({"error": {"code": None, "message": "the process has ended"}})
            self._news.notify_all()

    def _answer(self) -> Any:
        with self._news:
            if not self._news.wait_for(lambda: self._answers, PATIENCE):
                raise Failure(f"{self} does not answer")
            answer = self._answers.pop(0)
        if "error" in answer:
            raise Failure(f"{self}: {answer['error']['message']} ({answer['error']['code']})")
        return answer["reply"]


class Lab:
    """A database, and a peer of each runtime that lasts; others can be had to be killed."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._stack = ExitStack()
        self.connection = self._stack.enter_context(psycopg.connect(url, autocommit=True, row_factory=dict_row))
        self.node = self.peer("node")
        self.ours = self.peer("ours")
        self.pairs = ((self.node, self.ours), (self.ours, self.node))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def peer(self, runtime: str) -> Peer:
        """Starts a new process of a runtime."""
        tools = Path(__file__).parent
        if runtime == "node":
            package = npm_packages.package(PACKAGE)
            command = [npm_packages.node(NODE), tools / "interop_worker.mjs", package, self.url]
        else:
            command = [Path(sys.executable), tools / "interop_worker.py", self.url]
        peer = Peer(runtime, [str(part) for part in command])
        self._stack.callback(peer.close)
        return peer

    def query(self, query: str, *params: Any) -> list[dict[str, Any]]:
        return self.connection.execute(query.encode(), params or None).fetchall()

    def job(self, job_id: int) -> dict[str, Any] | None:
        """Returns the row of a job, or None."""
        rows = self.query("select j.* from graphile_worker._private_jobs as j where j.id = %s", job_id)
        return rows[0] if rows else None

    def await_(self, what: str, condition: Callable[[], Any], patience: float = PATIENCE) -> Any:
        """Returns what the condition gives once it is true; nothing notifies of it, so the condition is polled."""
        end = time.monotonic() + patience
        while not (value := condition()):
            if time.monotonic() > end:
                raise Failure(f"never: {what}; jobs: {self.query('select * from graphile_worker.jobs')}")
            time.sleep(0.05)
        return value

    def await_empty(self) -> None:
        """Waits until every job is done and nothing is locked."""
        self.await_("no jobs are left", lambda: not self.query("select id from graphile_worker.jobs"))
        check(not self.locks(), self.locks())

    def await_listeners(self) -> None:
        """Waits until node's worker listens. Ours needs no waiting for: it looks for jobs when it has begun to."""
        query = (
            "select from pg_stat_activity where datname = current_database() and state = 'idle' and query ~ '^LISTEN'"
        )
        self.await_("node listens", lambda: self.query(query))

    def locks(self) -> list[dict[str, Any]]:
        """Returns the jobs and queues that are locked."""
        return self.query(
            "select id::text, locked_by from graphile_worker.jobs where locked_at is not null union all"
            " select queue_name, locked_by from graphile_worker._private_job_queues where locked_at is not null"
        )

    def await_locks(self, count: int) -> None:
        """Waits until so many jobs and queues are locked."""
        self.await_(f"{count} jobs and queues are locked", lambda: len(self.locks()) == count)

    def age_locks(self, age: timedelta = timedelta(hours=5)) -> None:
        """Makes all locks as old as `age`."""
        for table in ("_private_jobs", "_private_job_queues"):
            change = f"update graphile_worker.{table} set locked_at = locked_at - %s where locked_at is not null"
            self.connection.execute(change.encode(), [age])

    def clear(self) -> None:
        """Stops both workers and removes what a behaviour that failed left."""
        for peer in (self.node, self.ours):
            peer.stop()
        self.connection.execute("delete from graphile_worker._private_jobs")
        self.connection.execute("update graphile_worker._private_job_queues set locked_at = null, locked_by = null")
