"""Claims read what they take, whatever else lies in the table, and whatever the planner believes about it.

Measured by the rows and buffers that a claim reads, not by time. The statistics say that the tables are empty.
"""

from __future__ import annotations

import pytest

from tests.py.support.reads import buffers_read, rows_claimed_and_read
from tests.py.support.sessions import connect
from tests.support import first_id

# The ids of the two tasks, in the order in which they are made, and of the first queue.
MINE, OTHER = first_id("_private_tasks"), first_id("_private_tasks") + 1
QUEUE = first_id("_private_job_queues")
CROWD = 20_000
# What could be claimed besides the crowd that is in the way.
FEW = f"insert into _private_jobs (task_id) select {MINE} + i % 2 from generate_series(1, 200) as i;"
QUEUES = "insert into _private_job_queues (queue_name) select 'q' || i from generate_series(1, {}) as i;"
LOCKED = "update _private_job_queues set locked_at = now(), locked_by = 'other';"
PAST = "now() - interval '1 hour'"

SHAPES = {
    "jobs without a queue": f"insert into _private_jobs (task_id) select {MINE} from generate_series(1, {CROWD});",
    "jobs of another task": f"""
        insert into _private_jobs (task_id, run_at) select {OTHER}, {PAST} from generate_series(1, {CROWD}); {FEW}
    """,
    "jobs of another task in queues": f"""
        {QUEUES.format(50)} insert into _private_jobs (task_id, job_queue_id, run_at)
        select {OTHER}, {QUEUE} + i % 50, {PAST} from generate_series(1, {CROWD}) as i; {FEW}
    """,
    "future jobs of five priorities": f"""
        insert into _private_jobs (task_id, run_at, priority)
        select {MINE}, now() + interval '1 day', i % 5 - 5 from generate_series(1, {CROWD}) as i; {FEW}
    """,
    "future jobs in queues": f"""
        {QUEUES.format(50)} insert into _private_jobs (task_id, job_queue_id, run_at, priority)
        select {MINE}, {QUEUE} + i % 50, now() + interval '1 day', i % 5 - 5 from generate_series(1, {CROWD}) as i;
        {FEW}
    """,
    "failed jobs": f"""
        insert into _private_jobs (task_id, attempts, run_at)
        select {MINE}, 25, {PAST} from generate_series(1, {CROWD}); {FEW}
    """,
    "a deep free queue": f"""
        {QUEUES.format(1)} insert into _private_jobs (task_id, job_queue_id, run_at)
        select {MINE}, {QUEUE}, {PAST} from generate_series(1, {CROWD}); {FEW}
    """,
    "two deep locked queues": f"""
        {QUEUES.format(2)} {LOCKED} insert into _private_jobs (task_id, job_queue_id, run_at)
        select {MINE}, {QUEUE} + i % 2, {PAST} from generate_series(1, {CROWD}) as i; {FEW}
    """,
    "five thousand queues": f"""
        {QUEUES.format(5000)} insert into _private_jobs (task_id, job_queue_id)
        select {MINE}, {QUEUE} + i % 5000 from generate_series(1, {CROWD}) as i;
    """,
    "a deep queue before five thousand": f"""
        {QUEUES.format(5001)} insert into _private_jobs (task_id, job_queue_id, run_at)
        select {MINE}, {QUEUE} + 5000, {PAST} from generate_series(1, {CROWD});
        insert into _private_jobs (task_id, job_queue_id) select {MINE}, {QUEUE} + i from generate_series(0, 4999) as i;
    """,
    "jobs held by others": f"""
        insert into _private_jobs (task_id, locked_at, locked_by, run_at)
        select {MINE}, now(), 'other', {PAST} from generate_series(1, {CROWD}); {FEW}
    """,
}


@pytest.mark.parametrize("tasks", ["array['mine']", "array['mine', 'other']"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_claim_reads_what_it_takes(shared_database: str, shape: str, tasks: str):
    with connect(shared_database) as connection:
        connection.execute("insert into _private_tasks (identifier) values ('mine'), ('other')")
        connection.execute("alter table _private_jobs set (autovacuum_enabled = off)")
        connection.execute("analyze _private_jobs, _private_job_queues, _private_tasks")
        connection.execute(SHAPES[shape].encode())
        for size in (1, 10, 50):
            claim = f"select id from get_jobs('w', {tasks}, {size})"
            # The first call of a session plans, and reads catalogs.
            with connection.transaction(force_rollback=True):
                connection.execute(claim.encode())
            claimed, rows = rows_claimed_and_read(connection, claim)
            assert claimed == size
            with connection.transaction(force_rollback=True):
                buffers = buffers_read(connection, claim)
            # The most is read where a deep queue stands in front of many: a round over ten queues per job.
            per_job = 60 if shape == "a deep queue before five thousand" else 10
            assert rows <= 150 + per_job * size, f"{rows} rows read to claim {size}"
            assert buffers <= 500 + 200 * size, f"{buffers} buffers read to claim {size}"


def test_queues_that_come_later_are_not_read(shared_database: str):
    read = []
    with connect(shared_database) as connection:
        connection.execute("insert into _private_tasks (identifier) values ('mine'), ('other')")
        connection.execute(
            f"insert into _private_jobs (task_id, run_at) select {MINE}, {PAST} from generate_series(1, 200)"
        )
        for queues in (0, 5000):
            connection.execute(QUEUES.format(queues).encode())
            connection.execute(f"""
                insert into _private_jobs (task_id, job_queue_id)
                select {MINE} + i % 2, {QUEUE} - 1 + i from generate_series(1, {queues}) as i""")
            claimed, rows = rows_claimed_and_read(connection, "select from get_jobs('w', array['mine', 'other'], 50)")
            assert claimed == 50
            read.append(rows)
    # A look at where those in queues begin.
    assert read[1] <= read[0] + 5
