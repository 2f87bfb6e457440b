"""Shapes of the table, loaded by plain inserts: how the rows came there is not what is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Template

LATER = "interval '1 day'"


@dataclass(frozen=True)
class Shape:
    """`obstacles` are statements with $count for their number of jobs; they come an hour before the ready jobs."""

    name: str
    title: str
    obstacles: tuple[str, ...] = ()
    count: int = 0
    priority: str = "0"
    """SQL for the priority of the ready jobs; g is their number."""
    run_at: str = "now() - interval '1 minute'"
    """SQL for when the ready jobs became due."""
    counts_all: bool = False
    """The obstacles are jobs like the others, in between them: all that ran count."""
    options: Mapping[str, list[str]] = field(default_factory=dict)
    """Of the worker, and of a claim: what it leaves to others stays there, for the polls as well."""
    pinned: bool = False
    """An idle transaction holds on to every row version, and `obstacles` are statements for what comes after that."""

    @property
    def arguments(self) -> str:
        """The options as further arguments of get_jobs."""
        return "".join(f", {name} => array{values!r}" for name, values in self.options.items())

    def obstacle_statements(self, scale: float) -> list[str]:
        """Returns what to load, with `scale` times the jobs."""
        return [Template(statement).substitute(count=round(self.count * scale)) for statement in self.obstacles]

    def ready_statement(self) -> str:
        """Inserts %s ready jobs and returns their first and last id."""
        return f"""
            with added as (
              insert into graphile_worker._private_jobs (task_id, payload, priority, run_at)
              select (select id from graphile_worker._private_tasks where identifier = 'noop'),
                json_build_object('id', g), {self.priority}, {self.run_at}
              from generate_series(1, %s) as g
              returning id
            )
            select min(id), max(id) from added"""


TASKS = "insert into graphile_worker._private_tasks (identifier) values ('noop'), ('other') on conflict do nothing"

FINISH_QUEUES = """
    delete from graphile_worker._private_jobs as j using graphile_worker._private_job_queues as q
    where q.id = j.job_queue_id and q.locked_at is null"""
"""What a worker could claim still: gone, for a poll that finds nothing."""


def _jobs(
    *,
    task: str = "noop",
    priority: str = "0",
    run_at: str = "now() - interval '1 hour'",
    queue: str = "null",
    attempts: int = 0,
) -> str:
    return f"""
        insert into graphile_worker._private_jobs (task_id, job_queue_id, priority, run_at, attempts)
        select (select id from graphile_worker._private_tasks where identifier = '{task}'),
          {queue}, {priority}, {run_at}, {attempts}
        from generate_series(1, $$count) as g""".replace("$$", "$")


def _queues(number: str, locked: str = "null::timestamptz, null") -> str:
    return f"""
        insert into graphile_worker._private_job_queues (queue_name, locked_at, locked_by)
        select 'queue ' || g, {locked} from generate_series(1, {number}) as g"""


# Ids of queues are handed out from 1 in an empty table.
_LOCKED = "now(), 'another worker'"
_SPREAD = "now() - interval '1 hour' * random()"

# A limit that leaves no room for what has a better priority; the task is the worker's own.
_HELD = "insert into graphile_worker._private_tasks (identifier) values ('held')"
_FULL = """
    update graphile_worker._private_jobs set attempts = 1, locked_at = now(), locked_by = 'another worker'
    where id in (select min(j.id) from graphile_worker._private_jobs as j group by j.job_queue_id)"""

BASELINE = Shape("nothing", "nothing else")

SHAPES = (
    Shape(
        "named-queues",
        "100,000 named queues with a job each, due later than ours",
        (_queues("$count"), _jobs(queue="g", run_at="now() - interval '1 second'")),
        100_000,
    ),
    Shape(
        "named-queues-between",
        "the same in between ours, all jobs counted",
        (_queues("$count"), _jobs(queue="g", run_at=_SPREAD)),
        100_000,
        run_at=_SPREAD,
        counts_all=True,
    ),
    Shape(
        "locked-queues",
        "100,000 jobs behind 2 locked queues, better priority",
        (_queues("2", _LOCKED), _jobs(queue="1 + mod(g, 2)", priority="-1")),
        100_000,
    ),
    Shape(
        "free-queue",
        "100,000 jobs of one free queue, better priority",
        (_queues("1"), _jobs(queue="1", priority="-1")),
        100_000,
    ),
    *(
        Shape(
            f"untaken-{what}-{where}",
            f"100,000 jobs in {title} that the worker does not take, {place}",
            (_queues(queues), _jobs(queue=queue, priority=priority, run_at=at)),
            100_000,
            run_at=run_at,
            options={"not_queues": ["queue *"]},
        )
        for what, title, queues, queue in (
            ("queue", "one queue", "1", "1"),
            ("queues", "as many queues", "$count", "g"),
        )
        for where, place, priority, at, run_at in (
            ("better", "better priority", "-1", "now() - interval '1 hour'", "now() - interval '1 minute'"),
            ("between", "in between ours", "0", _SPREAD, _SPREAD),
        )
    ),
    Shape(
        "future",
        "1,000,000 future jobs over 5 priorities",
        (_jobs(run_at=f"now() + {LATER} + g * interval '1 second'", priority="mod(g, 5) - 2"),),
        1_000_000,
    ),
    Shape("failed", "1,000,000 permanently failed jobs", (_jobs(attempts=25),), 1_000_000),
    Shape("other-task", "500,000 older jobs of a task nobody here runs", (_jobs(task="other"),), 500_000),
    Shape(
        "full-limit",
        "100,000 jobs behind a full limit, better priority",
        (_HELD, _jobs(task="held", priority="-1"), _FULL, "select graphile_worker.limit_task('held', 1)"),
        100_000,
    ),
    Shape(
        "used-up-rate",
        "100,000 jobs behind a rate that is used up, better priority",
        (
            _HELD,
            _jobs(task="held", priority="-1"),
            "select graphile_worker.limit_task('held', rate => 1, per => '1 year')",
            "select from graphile_worker.get_jobs('another worker', '{held}')",
        ),
        100_000,
    ),
    Shape(
        "limited-queues",
        "100,000 jobs of 5,000 full queues, better priority, and 5,000 others whose jobs are due later, all limited",
        (
            _queues("5000"),
            _jobs(queue="1 + mod(g, 5000)", priority="-1"),
            _FULL,
            """
            insert into graphile_worker._private_job_queues (queue_name)
            select 'queue ' || g from generate_series(5001, 10000) as g""",
            """
            insert into graphile_worker._private_jobs (task_id, job_queue_id, priority, run_at)
            select t.id, g, -1, now() + interval '1 day'
            from graphile_worker._private_tasks as t, generate_series(5001, 10000) as g where t.identifier = 'noop'""",
            """
            insert into graphile_worker._private_limits (kind, name, origin, max_running)
            select 'queue', q.queue_name, 'operator', 1 from graphile_worker._private_job_queues as q""",
            "select graphile_worker.limit_queue('other *', 3)",
            "select graphile_worker._private_settle_queues()",
        ),
        100_000,
    ),
    Shape("priorities", "nothing else, ours over 20 priorities", priority="mod(g, 20)"),
    Shape(
        "pinned",
        "an old transaction, 500,000 jobs come and gone since",
        (
            _jobs(),
            """
            update graphile_worker._private_jobs
            set attempts = attempts + 1, locked_at = now(), locked_by = 'another worker'""",
            "delete from graphile_worker._private_jobs",
        ),
        500_000,
        pinned=True,
    ),
)
