"""The calls of operators: each is one that the database knows, and returns what its annotation says."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql

from graphile_worker import Client, Cron, InvalidArgument, Task, migrate
from graphile_worker._calls import (
    crontab_rows,
    health_rows,
    limit_rows,
    operating,
    operator_rows,
    policy_rows,
    retries,
    rows,
    schedule_rows,
)
from graphile_worker._calls.call import Call
from graphile_worker._calls.statements import Statements

NOW = datetime.now(UTC)
FILTERS: dict[str, Any] = {
    "task": "t", "queue": "q", "state": "all", "error_like": "e", "changed_before": NOW, "changed_since": NOW,
    "job_ids": [1], "after_id": 0, "max_jobs": 1, "max_rows": 1, "dry_run": True,
}  # fmt: skip
PAGE: dict[str, Any] = {
    "state": "all", "task": "t", "queue": "q", "search": "s", "limit": 1, "offset": 0, "before_id": 2, "after_id": 1,
    "max_rows": 1,
}  # fmt: skip
VALUES: dict[str, Any] = {"run_at": "now", "priority": 1, "attempts": 0, "max_attempts": 1}
POLICY: dict[str, Any] = {
    "timeout": timedelta(1), "retry": {}, "max_attempts": 1, "priority": 1, "expires_after": timedelta(1),
    "bad_payload": "fail", "reason": "r",
}  # fmt: skip
LIMIT: dict[str, Any] = {
    "rate": 1.5, "per": timedelta(1), "burst": 1, "weight_by": "w", "unlimited": False, "reason": "r",
}  # fmt: skip
CALLS: dict[str, Callable[[Client], Any]] = {
    "remove_job": lambda c: c.remove_job("k"),
    "complete_jobs": lambda c: c.complete_jobs([1]),
    "permanently_fail_jobs": lambda c: c.permanently_fail_jobs([1], "e"),
    "reschedule_jobs": lambda c: c.reschedule_jobs([1], **VALUES),
    "retry_jobs": lambda c: c.retry_jobs([1]),
    "force_unlock_workers": lambda c: c.force_unlock_workers(["w"], dry_run=True),
    "release_expired_locks": lambda c: c.release_expired_locks(timedelta(1)),
    "renew_locks": lambda c: c.renew_locks(["w"]),
    "sweep_stale_workers": lambda c: c.sweep_stale_workers(),
    "retry_matching_jobs": lambda c: c.retry_matching_jobs(**FILTERS),
    "fail_matching_jobs": lambda c: c.fail_matching_jobs(error_message="e", **FILTERS),
    "complete_matching_jobs": lambda c: c.complete_matching_jobs(**FILTERS),
    "remove_matching_jobs": lambda c: c.remove_matching_jobs(**FILTERS),
    "reschedule_matching_jobs": lambda c: c.reschedule_matching_jobs(**VALUES, **FILTERS),
    "cancel_jobs": lambda c: c.cancel_jobs([1], "r", remove=True),
    "cancel_matching_jobs": lambda c: c.cancel_matching_jobs(reason="r", remove=True, **FILTERS),
    "set_task_policy": lambda c: c.set_task_policy("t", **POLICY),
    "reset_task_policy": lambda c: c.reset_task_policy("t"),
    "list_task_policies": lambda c: c.list_task_policies(["t"]),
    "finish_job": lambda c: c.finish_job("w", 1),
    "show_finish": lambda c: c.show_finish("w", 1, 2),
    "cleanup": lambda c: c.cleanup(["gc_job_queues"], keep=["t"], max_rows=1),
    "preview_cleanup": lambda c: c.preview_cleanup(),
    "limit_task": lambda c: c.limit_task("t", max_running=1, **LIMIT),
    "limit_queue": lambda c: c.limit_queue("q", width=1, share=2, **LIMIT),
    "unlimit_task": lambda c: c.unlimit_task("t"),
    "unlimit_queue": lambda c: c.unlimit_queue("q"),
    "list_limits": lambda c: c.list_limits(limit=1, after_kind="task", after_name="t"),
    "pause_queue": lambda c: c.pause_queue("q", "r", until=NOW),
    "pause_task": lambda c: c.pause_task("t", "r", until=NOW),
    "resume_queue": lambda c: c.resume_queue("q"),
    "resume_task": lambda c: c.resume_task("t"),
    "stats": lambda c: c.stats(),
    "task_stats": lambda c: c.task_stats(after_task="t"),
    "table_health": lambda c: c.table_health(),
    "list_xmin_holders": lambda c: c.list_xmin_holders(),
    "list_jobs_page": lambda c: c.list_jobs_page(**PAGE),
    "show_job": lambda c: c.show_job(1),
    "find_job": lambda c: c.find_job("k"),
    "list_default_states": lambda c: c.list_default_states(),
    "list_queues": lambda c: c.list_queues(after_queue="q", search="s"),
    "longest_queues": lambda c: c.longest_queues(),
    "list_workers": lambda c: c.list_workers(),
    "list_locked_workers": lambda c: c.list_locked_workers(),
    "list_refused_claims": lambda c: c.list_refused_claims(),
    "list_crashes": lambda c: c.list_crashes(),
    "list_paused": lambda c: c.list_paused(),
    "register_crontabs": lambda c: c.register_crontabs(["c"], seen_at=NOW),
    "schedule_crontabs": lambda c: c.schedule_crontabs(NOW, [Cron.parse("* * * * * t")]),
    "check_crontabs": lambda c: c.check_crontabs([]),
    "list_crontabs": lambda c: c.list_crontabs(),
    "set_schedule": lambda c: c.set_schedule(
        "s",
        cron="* * * * *",
        every=timedelta(1),
        task="t",
        payload={"n": 1},
        starts_at=NOW,
        ends_at=NOW,
        queue_name="q",
        job_key="k",
    ),
    "remove_schedule": lambda c: c.remove_schedule("s"),
    "pause_schedule": lambda c: c.pause_schedule("s", "r", until=NOW),
    "resume_schedule": lambda c: c.resume_schedule("s"),
    "run_schedule_now": lambda c: c.run_schedule_now("s"),
    "list_schedules": lambda c: c.list_schedules(
        identifiers=["s"], after_identifier="a", search="s", state="paused", ticks_after=NOW
    ),
    "next_ticks": lambda c: c.next_ticks("* * * * *", after=NOW),
    "schedule_due_jobs": lambda c: c.schedule_due_jobs(),
    "newer_breaking_migration": lambda c: c.newer_breaking_migration(),
}
"""Each call with all its arguments."""
FUNCTIONS = {
    *operating.LISTS,
    *operating.SINGLE,
    *operating.PAIRS,
    *operating.SCALARS,
    *operating.VALUES,
    "list_jobs_page",
}


class Asked(Exception):
    """What a client would send."""

    def __init__(self, call: Call[Any]) -> None:
        self.call = call


class AskingClient(Client):
    """A client that raises what it would send."""

    def __init__(self) -> None:
        super().__init__(lambda: pytest.fail("it has no database"))

    def _run(self, call: Call[Any]) -> Any:
        raise Asked(call)


def asked(call: Callable[[Client], Any]) -> Call[Any]:
    with pytest.raises(Asked) as raised:
        call(AskingClient())
    return raised.value.call


def test_all_calls_are_here() -> None:
    assert CALLS.keys() - {"newer_breaking_migration"} == FUNCTIONS


@pytest.mark.parametrize("schema", ["graphile_worker", "My %s Queue %"])
def test_the_database_knows_each_call(empty_database: str, schema: str) -> None:
    migrate(empty_database, schema=schema)
    of_schema = Statements(schema)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        for call in CALLS.values():
            found = asked(call)
            text = of_schema[found.statement].decode()
            assert set(re.findall(r"%\((\w+)\)s", text)) == found.params.keys()
            # Planned, not run: named parameters become null, and %% what it stands for.
            query = re.sub(r"%\((\w+)\)s", "null", text).replace("%%", "%")
            connection.execute(sql.SQL("explain {}").format(sql.SQL(query)))  # type: ignore[arg-type]


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_call_returns_what_its_annotation_says(function: str) -> None:
    modules = [crontab_rows, health_rows, limit_rows, operator_rows, policy_rows, retries, rows, schedule_rows]
    names = {name: value for module in modules for name, value in vars(module).items()} | {"Cron": Cron, "Task": Task}
    returned = typing.get_type_hints(getattr(Client, function), {**typing.__dict__, **names})["return"]
    if function in operating.LISTS:
        assert returned == list[operating.LISTS[function]]  # type: ignore[misc]
    elif function in operating.SINGLE:
        single = operating.SINGLE[function]
        assert returned in (single, single | None)
        assert isinstance(returned, types.UnionType) == (function in {"show_job", "find_job", "remove_job"})
    elif function in operating.PAIRS:
        assert typing.get_origin(returned) is dict
    elif function in operating.VALUES:
        assert returned == list[datetime]
    else:
        assert returned in (bool, int, str, type(None), operator_rows.JobPage)


def test_filters_are_arguments_of_the_database() -> None:
    assert FILTERS.keys() == operator_rows.BulkFilters.__annotations__.keys()
    assert FILTERS.keys() == operator_rows.CancelFilters.__annotations__.keys()
    assert PAGE.keys() == operator_rows.JobFilters.__annotations__.keys()


def test_only_what_is_given_is_sent() -> None:
    call = asked(lambda c: c.remove_matching_jobs(task="t"))
    assert call.statement.endswith("@extschema@.remove_matching_jobs(task => %(task)s::text)")
    assert call.params == {"task": "t"}
    assert asked(lambda c: c.retry_matching_jobs(job_ids=None, state="all")).params == {"job_ids": None, "state": "all"}


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda c: c.retry_matching_jobs(taks="t"), "taks"),
        (lambda c: c.remove_matching_jobs(state="all", priority=1), "priority"),
        (lambda c: c.remove_matching_jobs(state="all", search="x"), "search"),
        (lambda c: c.list_jobs(error_like="x"), "error_like"),
    ],
)
def test_unknown_filters_are_refused(call: Callable[[Any], Any], name: str) -> None:
    with pytest.raises(TypeError, match=f"unexpected keyword argument '{name}'"):
        call(AskingClient())


def test_every_argument_that_is_checked_is_sent_by_some_call() -> None:
    sent = {name for call in CALLS.values() for name in asked(call).params}
    assert operating._ARGUMENTS.keys() <= sent
    assert sent >= operating._NEEDED


def test_what_a_call_needs_is_refused_when_it_is_none() -> None:
    for call in (lambda c: c.retry_jobs(None), lambda c: c.show_job(None), lambda c: c.find_job(None)):
        with pytest.raises(InvalidArgument, match="None"):
            call(AskingClient())  # type: ignore[no-untyped-call]
