"""Random sequences of calls against the model of the contract: after every step answers and tables are the same."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from psycopg.types.json import Json

from graphile_worker import Client, InvalidArgument, JobSpec
from tests.py.concurrency.compared_session import ComparedSession
from tests.py.concurrency.model_policies import Policy
from tests.py.concurrency.model_rows import Spec
from tests.py.support.sessions import connect

HOUR = timedelta(hours=1)
NO_TIME = timedelta(0)
CLEANUP_TASKS = ["delete_permanently_failed_jobs", "gc_task_identifiers", "gc_job_queues"]
tasks = st.sampled_from(["t1", "t2"])
queues = st.sampled_from([None, "q1", "q2"])
workers = st.sampled_from(["w1", "w1", "w2"])
keys = st.sampled_from(["k1", "k2"])
flags = st.sampled_from([None, ["x"], ["x", "y"]])
forbidden = st.sampled_from([None, [], ["x"], ["y", "z"]])
priorities = st.sampled_from([None, None, -1, 1])
attempts = st.sampled_from([None, None, 1, 2])
offsets = st.sampled_from([None, None, -HOUR, HOUR])
delays = st.sampled_from([NO_TIME, HOUR])
ages = st.sampled_from([NO_TIME, 4 * HOUR])
payloads = st.sampled_from([None, {"a": 1}, [1], [2, 3], [], "text", 5])
some_workers = st.lists(workers, max_size=2, unique=True)
# Which jobs of those that `pick` offers; a worker hands in all it has, as a rule.
picks = st.lists(st.integers(0, 9), max_size=6)
handed_in = st.none() | picks
specs = st.fixed_dictionaries(
    {"identifier": tasks},
    optional={
        "payload": payloads,
        "queue_name": queues,
        "run_at": offsets,
        "max_attempts": attempts,
        "priority": priorities,
        "flags": flags,
    },
)
keyed = st.tuples(specs, st.none() | keys).map(lambda pair: {**pair[0], "job_key": pair[1]})


# The calls that are not made all the time: what they take.
SELDOM: dict[str, st.SearchStrategy[dict[str, Any]]] = {}
Method = TypeVar("Method", bound=Callable[..., None])


def seldom(**strategies: Any) -> Callable[[Method], Method]:
    """Like `rule`, for calls that share one: without jobs added, claimed and handed in they have nothing to do."""

    def register(method: Method) -> Method:
        SELDOM[method.__name__] = st.fixed_dictionaries(strategies)
        return method

    return register


class QueueMachine(ComparedSession, RuleBasedStateMachine):
    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        RuleBasedStateMachine.__init__(self)
        ComparedSession.__init__(self, connection)
        self.client = Client(connection)

    def model_add(self, spec: dict[str, Any], mode: str, id_: int, now: datetime) -> int:
        """The model adds it; an id the database has used before is not a new job."""
        values = dict(spec)
        names = {"identifier": "task", "queue_name": "queue", "job_key": "key"}
        model_spec = Spec(**{names.get(name, name): value for name, value in values.items()})
        before = set(self.model.jobs)
        result = self.model.add(model_spec, mode, id_, now)
        assert result in before or result not in self.seen, f"number {result} was used before"
        self.seen.add(result)
        return result

    @staticmethod
    def at(spec: dict[str, Any], now: datetime) -> dict[str, Any]:
        offset = spec.get("run_at")
        return {**spec, "run_at": None if offset is None else now + offset}

    @rule(spec=keyed, mode=st.sampled_from(["replace", "replace", "preserve_run_at", "unsafe_dedupe"]))
    def add_job(self, spec: dict[str, Any], mode: Any) -> None:
        with self.now() as now:
            spec = self.at(spec, now)
            row = self.client.add_job(**spec, job_key_mode=mode)
            assert row.id == self.model_add(spec, mode, row.id, now)
            assert row.updated_at == now

    @rule(many=st.lists(keyed, max_size=5), preserve=st.booleans())
    def add_jobs(self, many: list[dict[str, Any]], preserve: bool) -> None:
        with self.now() as now:
            many = [self.at(spec, now) for spec in many]
            ids = self.client.add_jobs([JobSpec(**spec) for spec in many], job_key_preserve_run_at=preserve)
            assert len(ids) == len(many)
            mode = "preserve_run_at" if preserve else "replace"
            assert ids == [self.model_add(spec, mode, id_, now) for spec, id_ in zip(many, ids, strict=True)]

    @rule(key=keys)
    def remove_job(self, key: str) -> None:
        with self.now() as now:
            row = self.client.remove_job(key)
            assert (row and row.id) == self.model.remove(key, now)

    @rule(
        worker=workers,
        names=st.none() | st.lists(st.sampled_from(["t1", "t2", "t3"]), min_size=1, max_size=2),
        size=st.sampled_from([1, 2, 10]),
        forbidden=forbidden,
        ahead=st.sampled_from([NO_TIME, NO_TIME, 2 * HOUR]),
    )
    def get_jobs(
        self, worker: str, names: list[str] | None, size: int, forbidden: list[str] | None, ahead: timedelta
    ) -> None:
        with self.now() as now:
            rows = self.claimed(worker, names, size, forbidden, now + ahead)
            ids = self.model.claim(worker, names, size, forbidden, now + ahead, now)
            claimed = [self.model.jobs[id_] for id_ in ids]
            assert [(*row[:8], *row[9:]) for row in rows] == [
                (
                    *(job.id, job.task, job.payload, job.queue, job.priority, job.run_at, job.attempts),
                    *(job.max_attempts, job.key, job.flags),
                )
                for job in claimed
            ]

    def claimed(self, *params: Any) -> list[tuple[Any, ...]]:
        """A claim that took less than 100 ms: one that meets expired jobs looks on no longer than that, and comes back
        with what it has then, of which the model knows nothing.
        """
        while True:
            began = time.monotonic()
            with self.connection.transaction() as attempt:
                rows = self.rows("select * from get_jobs(%s, %s, %s, %s, %s)", *params)
                if time.monotonic() - began > 0.1:
                    raise psycopg.Rollback(attempt)
                return rows

    @rule(worker=workers, numbers=handed_in)
    def complete(self, worker: str, numbers: list[int] | None) -> None:
        with self.now():
            ids = self.pick(numbers, worker)
            done = self.ids("select complete_jobs(%s, %s)", worker, ids)
            assert len(done) == len(set(done))
            assert set(done) == self.model.complete(worker, ids)

    @rule(
        worker=workers,
        numbers=handed_in,
        payload=st.none() | st.sampled_from([[9], {"b": 2}]),
        with_payloads=st.booleans(),
        retry_in=offsets,
        given_up=st.sampled_from([None, None, False, True]),
    )
    def fail(
        self,
        worker: str,
        numbers: list[int] | None,
        payload: Any,
        with_payloads: bool,
        retry_in: timedelta | None = None,
        given_up: bool | None = None,
    ) -> None:
        with self.now() as now:
            retry_at = None if retry_in is None else now + retry_in
            ids = self.pick(numbers, worker)
            payload = payload if with_payloads else None
            payloads = [payload and Json(payload) for _ in ids] if with_payloads else None
            query = """
                select id, will_retry
                from fail_jobs(%s, %s, %s, %s::json[], retry_ats => %s::timestamptz[], given_up => %s::boolean[])"""
            others = [None if value is None else [value for _ in ids] for value in (retry_at, given_up)]
            rows = self.rows(query, worker, ids, [f"error {id_}" for id_ in ids], payloads, *others)
            failures = [(id_, f"error {id_}", payload) for id_ in ids]
            assert dict(rows) == self.model.fail(worker, failures, now, retry_at, bool(given_up))
            assert len(dict(rows)) == len(rows)

    @rule(worker=workers, numbers=handed_in, delay=delays, off=offsets)
    def return_jobs(
        self, worker: str, numbers: list[int] | None, delay: timedelta, off: timedelta | None = None
    ) -> None:
        with self.now() as now:
            ids = self.pick(numbers, worker)
            run_at = None if off is None else now + off
            run_ats = None if run_at is None else [run_at for _ in ids]
            query = "select return_jobs(%s, %s, %s, run_ats => %s::timestamptz[])"
            returned = self.ids(query, worker, ids, delay, run_ats)
            assert sorted(returned) == sorted(self.model.give_back(worker, ids, delay, now, run_at))

    @rule(numbers=picks, reason=st.sampled_from([None, "late"]), remove=st.booleans())
    def cancel(self, numbers: list[int], reason: str | None, remove: bool) -> None:
        with self.now() as now:
            ids = self.pick(numbers)
            rows = self.rows("select id, outcome, worker_id from cancel_jobs(%s, %s, %s)", ids, reason, remove)
            outcomes = {id_: (outcome, worker) for id_, outcome, worker in rows}
            assert len(outcomes) == len(rows)
            assert outcomes == self.model.cancel(ids, reason, remove)
            listed = self.rows("select job_id, worker_id from list_cancelled(%s)", ["w1", "w2"])
            assert set(listed) == self.model.cancelled(["w1", "w2"])
            assert len(set(listed)) == len(listed)
            assert now

    @rule(
        task=tasks,
        max_attempts=attempts,
        priority=priorities,
        expires_after=st.sampled_from([None, HOUR, 3 * HOUR]),
        step=st.sampled_from([HOUR, HOUR, None]),
    )
    def set_policy(
        self,
        task: str,
        max_attempts: int | None,
        priority: int | None,
        expires_after: timedelta | None,
        step: timedelta | None,
    ) -> None:
        """What the task has now is all that it has."""
        values = (max_attempts, priority, expires_after, step)
        with self.now():
            had = self.model.policies.pop(task, None)
            assert self.rows("select reset_task_policy(%s)", task) == [(had is not None,)]
            if values != (None, None, None, None):
                retry = None if step is None else Json({"kind": "linear", "base": step.total_seconds()})
                query = """
                    select set_task_policy(
                      %s, max_attempts => %s::integer, priority => %s::integer, expires_after => %s, retry => %s
                    )"""
                assert self.rows(query, task, max_attempts, priority, expires_after, retry) == [(True,)]
                self.model.policies[task] = Policy(*values)

    @seldom()
    def expire(self) -> None:
        with self.now() as now:
            assert self.rows("select expire_jobs()") == [(self.model.expire(now),)]

    @seldom(worker=workers, numbers=handed_in)
    def resume_worker(self, worker: str, numbers: list[int] | None) -> None:
        with self.now() as now:
            ids = list(dict.fromkeys(self.pick(numbers, worker)))
            rows = self.rows("select id, outcome from resume_worker(%s, %s)", worker, ids)
            assert sorted(rows) == sorted(self.model.resume(worker, ids, now))

    @seldom(numbers=picks)
    def operator_completes(self, numbers: list[int]) -> None:
        with self.now() as now:
            ids = self.pick(numbers)
            assert {row.id for row in self.client.complete_jobs(ids)} == self.model.operator_complete(ids, now)

    @seldom(numbers=picks, message=st.sampled_from([None, "bad"]))
    def operator_fails(self, numbers: list[int], message: str | None) -> None:
        with self.now() as now:
            ids = self.pick(numbers)
            rows = self.client.permanently_fail_jobs(ids, message)
            assert {row.id for row in rows} == self.model.operator_fail(ids, message, now)

    @seldom(numbers=picks, offset=offsets, priority=priorities, attempts=st.sampled_from([None, 0, 2]), most=attempts)
    def operator_reschedules(
        self, numbers: list[int], offset: timedelta | None, priority: int | None, attempts: int | None, most: int | None
    ) -> None:
        with self.now() as now:
            ids = self.pick(numbers)
            run_at = None if offset is None else now + offset
            values = {"run_at": run_at, "priority": priority, "attempts": attempts, "max_attempts": most}
            expected = self.model.reschedule(ids, now, **values)
            if expected is None:
                with pytest.raises(InvalidArgument, match="was superseded"), self.connection.transaction():
                    self.client.reschedule_jobs(ids, **values)
            else:
                assert {row.id for row in self.client.reschedule_jobs(ids, **values)} == expected

    @seldom(dead=some_workers)
    def force_unlock(self, dead: list[str]) -> None:
        with self.now() as now:
            self.client.force_unlock_workers(dead)
            self.model.force_unlock(dead, now)

    @seldom(dead=some_workers, delay=delays)
    def recover(self, dead: list[str], delay: timedelta) -> None:
        with self.now() as now:
            [(count,)] = self.rows("select recover_dead_worker_jobs(%s, %s)", dead, delay)
            assert count == self.model.recover(dead, delay, now)

    @seldom(max_age=ages)
    def release_expired(self, max_age: timedelta) -> None:
        with self.now() as now:
            rows = self.client.release_expired_locks(max_age)
            found = [(row.job_id, row.queue_name, row.worker_id) for row in rows]
            expected = self.model.release_expired(max_age, now)
            assert len(found) == len(expected)
            assert set(found) == expected

    @seldom(names=st.none() | st.lists(st.sampled_from(CLEANUP_TASKS), max_size=2), keep=st.lists(tasks, max_size=2))
    def cleanup(self, names: list[str] | None, keep: list[str]) -> None:
        with self.now():
            expected = self.model.cleanup(CLEANUP_TASKS if names is None else names, keep)
            assert self.client.cleanup(names, keep=keep) == expected

    @seldom(worker=workers)
    def heartbeat(self, worker: str) -> None:
        with self.now() as now:
            self.rows("select worker_heartbeat(%s)", worker)
            self.model.heartbeat(worker, now)

    @seldom(worker=workers, call=st.sampled_from(["worker_deregister(%s)", "delete_stale_workers(array[%s])"]))
    def deregister(self, worker: str, call: str) -> None:
        with self.now():
            self.rows(f"select {call}", worker)
            self.model.workers.pop(worker, None)

    @seldom(threshold=ages)
    def find_the_dead(self, threshold: timedelta) -> None:
        with self.now() as now:
            stale = [row[0] for row in self.rows("select list_stale_workers(%s)", threshold)]
            assert sorted(stale) == sorted(self.model.stale_workers(threshold, now))
            orphans = [row[0] for row in self.rows("select list_orphan_locked_workers(%s)", threshold)]
            assert sorted(orphans) == sorted(self.model.orphans(threshold, now))

    @rule(worker=workers, outcome=st.sampled_from(["complete", "fail", "fail", "return"]))
    def work(self, worker: str, outcome: str) -> None:
        """All that is due within two hours is run: so that jobs come to have a past."""
        self.get_jobs(worker, None, 10, None, 2 * HOUR)
        if outcome == "complete":
            self.complete(worker, None)
        elif outcome == "fail":
            self.fail(worker, None, None, False)
        else:
            self.return_jobs(worker, None, NO_TIME)

    @rule(data=st.data())
    def something_else(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(SELDOM)))
        getattr(self, name)(**data.draw(SELDOM[name], name))

    @rule(hours=st.sampled_from([1, 5]))
    def time_passes(self, hours: int) -> None:
        with self.now():
            for table, columns in [
                ("_private_jobs", ["run_at", "locked_at"]),
                ("_private_job_queues", ["locked_at"]),
                ("_private_workers", ["last_heartbeat_at"]),
            ]:
                changes = ", ".join(f"{column} = {column} - interval '{hours} hours'" for column in columns)
                self.connection.execute(f"update {table} set {changes}".encode())
            self.model.let_time_pass(hours * HOUR)


# Long enough for a failure to be made small: cut off while it is, none would say what failed.
@pytest.mark.timeout(600)
def test_the_database_does_what_the_contract_says(database: str):
    with connect(database) as connection:
        run_state_machine_as_test(
            lambda: QueueMachine(connection),
            settings=settings(
                max_examples=100,
                stateful_step_count=40,
                deadline=None,
                database=None,
                print_blob=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
