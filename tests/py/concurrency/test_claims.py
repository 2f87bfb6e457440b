"""Claims under concurrency: no job twice, one job of a queue at a time, and a checker that sees claims that fail so."""

from __future__ import annotations

import random
import time
from collections import Counter
from typing import Any

import psycopg
import pytest

from tests.py.support.broken_claim import MANY_OF_ONE_QUEUE
from tests.py.support.history import Lease, violations
from tests.py.support.sessions import alter_function, connect, ids, together

CLAIMERS = 8
LARGEST_BATCH = 50
# Failed jobs wait for their retry; claimers here live a day ahead, when all of those are due.
CLAIM = "select id, queue_name, priority, run_at from get_jobs(%s, %s, %s, now => now() + interval '1 day')"
LOAD = """
    select count(*) from add_jobs(array(
      select row(
        'task' || i %% 3, null, case when i %% 2 = 0 then 'queue' || (i / 2) %% 50 end, null,
        1000, null, i %% 7 %% 3 - 1, null
      )::job_spec
      from generate_series(1, %s) as i
    ))
"""


class Claimer:
    """Claims batches, writes down what it held and when, and hands in at random, until no job is left."""

    def __init__(self, url: str, number: int, tasks: list[str] | None) -> None:
        self.url, self.worker_id, self.tasks = url, f"worker{number}", tasks
        self.random = random.Random(number)
        self.leases: list[Lease] = []
        self.completed: list[int] = []

    def run(self) -> None:
        with connect(self.url) as connection:
            held: list[tuple[int, str | None, int]] = []
            while True:
                # Both ways to use the protocol: a transaction for each call, or one for handing in and the next claim.
                if self.random.random() < 0.5:
                    with connection.transaction():
                        self.hand_in(connection, held)
                        claimed = self.claim(connection)
                else:
                    self.hand_in(connection, held)
                    claimed = self.claim(connection)
                start = time.monotonic_ns()
                held = [(job, queue, start) for job, queue, *_ in claimed]
                if not held and not connection.execute("select exists (select from _private_jobs)").fetchone()[0]:
                    return

    def claim(self, connection: psycopg.Connection[Any]) -> list[Any]:
        size = self.random.randint(1, LARGEST_BATCH)
        rows = connection.execute(CLAIM, [self.worker_id, self.tasks, size]).fetchall()
        assert len(rows) <= size
        assert [row[2:] + row[:1] for row in rows] == sorted(row[2:] + row[:1] for row in rows), "not in claim order"
        queues = Counter(queue for _, queue, *_ in rows if queue)
        assert not queues or max(queues.values()) == 1, f"two jobs of one queue in a claim: {queues}"
        return rows

    def hand_in(self, connection: psycopg.Connection[Any], held: list[tuple[int, str | None, int]]) -> None:
        end = time.monotonic_ns()
        outcomes: dict[str, list[int]] = {"complete": [], "fail": [], "return": []}
        for job, queue, start in held:
            self.leases.append(Lease(job, queue, self.worker_id, start, end))
            outcomes[self.random.choices(list(outcomes), [8, 1, 1])[0]].append(job)
        self.random.shuffle(outcomes["complete"])
        statements = {
            "complete": "select complete_jobs(%s, %s)",
            "fail": "select id from fail_jobs(%s, %s, array_fill('failed'::text, array[%s]))",
            "return": "select return_jobs(%s, %s)",
        }
        for outcome, jobs in outcomes.items():
            if jobs:
                size = [len(jobs)] if outcome == "fail" else []
                done = ids(connection, statements[outcome], [self.worker_id, jobs, *size])
                assert sorted(done) == sorted(jobs), f"{outcome} took {done} of {jobs}"
        self.completed += outcomes["complete"]


def test_eight_claimers_drain_jobs_with_and_without_queues(database: str):
    with connect(database) as connection:
        connection.execute(LOAD, [10_000])
        expected = ids(connection, "select id from _private_jobs")
    # Some run every task, some only one or two of them, so that claims merge several tasks as well.
    tasks = [None, None, None, None, ["task0"], ["task1"], ["task1", "task2"], ["task2", "task0", "unknown"]]
    claimers = [Claimer(database, number, tasks[number]) for number in range(CLAIMERS)]
    together(claimer.run for claimer in claimers)

    leases = [lease for claimer in claimers for lease in claimer.leases]
    assert violations(leases, expected=expected) == []
    assert sorted(job for claimer in claimers for job in claimer.completed) == sorted(expected)
    assert len({lease.worker for lease in leases}) == CLAIMERS, "not everybody had something to do"
    with connect(database) as connection:
        locked = "select count(*) from _private_job_queues where locked_at is not null"
        assert connection.execute(locked).fetchone()[0] == 0


# Faults that a claim could have, each put in at one place: function, what stands there, what shall stand there.
FAULTS = {
    "the queue is not locked": ("_private_claim_queued", "where q.id = any(v_claimed_queue_ids);", "where false;"),
    "the claim is not recorded": (
        "worker_round",
        "locked_by = worker_round.worker_id, locked_at = now()",
        "locked_by = worker_round.worker_id",
    ),
    "jobs of others are taken": (
        "_private_claim_plain",
        (
            "j.is_available\n        and j.job_queue_id is null\n        and j.task_id = (starts[1]).task_id\n"
            "        and j.priority = _private_claim_plain.priority\n"
            "        and (j.run_at, j.id) >= ((starts[1]).run_at, (starts[1]).id)"
        ),
        "j.job_queue_id is null\n        and j.task_id = (starts[1]).task_id",
    ),
}


def history_of_two_workers(url: str) -> list[str]:
    """What the checker says when two workers claim one after the other, and both hold what they got for a while."""
    with connect(url) as first, connect(url) as second:
        first.execute(
            "select add_job('t', queue_name => q) from unnest(array[null, 'a', 'b', null]) q, generate_series(1, 10)"
        )
        expected = ids(first, "select id from _private_jobs")
        leases: list[Lease] = []
        while ids(first, "select id from _private_jobs limit 1"):
            held = [
                (worker, connection, job, queue, time.monotonic_ns())
                for worker, connection in [("first", first), ("second", second)]
                for job, queue, *_ in connection.execute(CLAIM, [worker, None, 10]).fetchall()
            ]
            for worker, _, job, queue, start in held:
                leases.append(Lease(job, queue, worker, start, time.monotonic_ns()))
            # By the operators' function, which asks nobody who holds what.
            first.execute("update _private_jobs set locked_by = null, locked_at = null")
            ids(first, "select id from complete_jobs(%s::bigint[])", [[job for _, _, job, _, _ in held]])
            first.execute("update _private_job_queues set locked_by = null, locked_at = null")
        return violations(leases, expected=expected)


def test_the_history_of_two_workers_is_good(database: str):
    assert history_of_two_workers(database) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_the_checker_sees_a_claim_that_is_broken(database: str, fault: str):
    with connect(database) as connection:
        alter_function(connection, *FAULTS[fault])
    assert history_of_two_workers(database) != []


def test_the_checker_sees_a_claim_that_takes_many_jobs_of_one_queue(database: str):
    with connect(database) as connection:
        connection.execute(MANY_OF_ONE_QUEUE)
    found = history_of_two_workers(database)
    assert found
    assert all(line.startswith("queue ") for line in found)
