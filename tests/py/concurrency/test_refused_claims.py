"""Something on the jobs table does not let one job be claimed: the others are, and it is told."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from graphile_worker import AsyncClient, TaskRegistry, Worker
from tests import support

POISON = "new.locked_by is not null and old.locked_by is null and new.payload::text like '%poison%'"
ACTS = {
    "raises": f"if {POISON} then raise exception 'not this one'; end if; return new;",
    "swallows": f"if {POISON} then return null; end if; return new;",
    "undoes": f"if {POISON} then return old; end if; return new;",
}
PASSING = {
    "lacks memory": f"if {POISON} then raise exception using errcode = '53200'; end if; return new;",
    "collides": f"if {POISON} then raise exception using errcode = '40P01'; end if; return new;",
}
KINDS = [*ACTS, "raises afterwards", "raises at the commit", "a constraint"]


def refuse(connection: psycopg.Connection[Any], kind: str) -> None:
    if kind == "a constraint":
        connection.execute(
            "alter table _private_jobs add check (payload::text not like '%poison%' or locked_by is null)"
        )
        return
    body = {**ACTS, **PASSING}.get(kind, ACTS["raises"])
    connection.execute(f"create function refuse() returns trigger language plpgsql as $$ begin {body} end $$")
    connection.execute(
        {
            "raises afterwards": """
            create trigger refuse after update on _private_jobs for each row execute function refuse()""",
            "raises at the commit": """
            create constraint trigger refuse after update on _private_jobs deferrable initially deferred
            for each row execute function refuse()""",
        }.get(kind, "create trigger refuse before update on _private_jobs for each row execute function refuse()")
    )


def allow(connection: psycopg.Connection[Any], kind: str) -> None:
    if kind == "a constraint":
        connection.execute("alter table _private_jobs drop constraint _private_jobs_check")
    else:
        connection.execute("drop trigger refuse on _private_jobs")


@pytest.fixture
def connection(database: str):
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("set search_path = graphile_worker")
        yield connection


def add(connection: psycopg.Connection[Any], name: str, queue: str | None = None) -> int:
    cursor = connection.execute("select id from add_job('t', json_build_object('name', %s::text), %s)", [name, queue])
    return cursor.fetchone()[0]


def claim(connection: psycopg.Connection[Any], max_jobs: int, worker: str = "w") -> list[int]:
    return [job_id for (job_id,) in connection.execute("select id from get_jobs(%s, '{t}', %s)", [worker, max_jobs])]


def values(connection: psycopg.Connection[Any], query: str) -> list[Any]:
    return [value for (value,) in connection.execute(query).fetchall()]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("queue", [None, "q"])
@pytest.mark.parametrize("max_jobs", [1, 10])
def test_the_others_are_claimed(connection: psycopg.Connection[Any], kind: str, queue: str | None, max_jobs: int):
    refuse(connection, kind)
    poison = add(connection, "poison", queue)
    behind = [add(connection, "behind", queue)] if queue else []
    good = [add(connection, name) for name in ("a", "b", "c")]
    claimed = [job_id for _ in range(5) for job_id in claim(connection, max_jobs)]
    assert claimed == good
    assert values(connection, "select id from jobs where locked_by is null order by id") == [poison, *behind]
    # Its attempts are not used up, and its queue is free.
    assert values(connection, f"select attempts from jobs where id = {poison}") == [0]
    assert values(connection, "select locked_by from _private_job_queues where queue_name = 'q'") == (
        [None] if queue else []
    )
    [(told, task, queue_told, refusals, error)] = connection.execute(
        "select job_id, task_identifier, queue_name, refusals, error from list_refused_claims()"
    ).fetchall()
    assert (told, task, queue_told, refusals) == (poison, "t", queue, 1)
    assert error

    # As soon as it may be claimed it is, and then the one behind it.
    allow(connection, kind)
    connection.execute("update _private_refused_claims set next_try_at = now()")
    assert claim(connection, max_jobs) == [poison]
    assert connection.execute("select from list_refused_claims()").fetchall() == []
    connection.execute("select complete_jobs('w', %s)", [[poison]])
    assert claim(connection, max_jobs) == behind
    assert values(connection, "select count(*) from _private_refused_claims") == [0]


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_tried_again_ever_more_rarely_and_told_so(connection: psycopg.Connection[Any], kind: str):
    warnings: list[str] = []
    connection.add_notice_handler(lambda diagnostic: warnings.append(diagnostic.message_primary or ""))
    refuse(connection, kind)
    poison = add(connection, "poison")
    waits = []
    for _ in range(9):
        assert claim(connection, 5) == []
        # Between the tries it is left alone.
        assert claim(connection, 5) == []
        waits += values(
            connection, "select extract(epoch from next_try_at - last_refused_at)::integer from _private_refused_claims"
        )
        connection.execute("update _private_refused_claims set next_try_at = now()")
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    told = [f"job {poison} (t) can not be claimed (tries so far: {n}): " for n in (1, 2, 4, 8)]
    assert [warning[: len(text)] for warning, text in zip(warnings, told, strict=True)] == told


def test_a_refused_one_of_many_costs_one_failed_statement(connection: psycopg.Connection[Any]):
    refuse(connection, "raises")
    connection.execute("create sequence calls")
    connection.execute("""
        create or replace function refuse() returns trigger language plpgsql as $$
        begin
          perform nextval('graphile_worker.calls');
          if new.locked_by is not null and new.payload::text like '%poison%' then raise exception 'no'; end if;
          return new;
        end $$""")
    add(connection, "poison")
    good = [add(connection, "good") for _ in range(20)]
    assert claim(connection, 10) == good[:9]
    connection.execute("update _private_refused_claims set next_try_at = now()")
    before = values(connection, "select last_value from calls")[0]
    # The poison alone, and the nine others together.
    assert claim(connection, 10) == good[9:18]
    assert values(connection, "select last_value from calls")[0] - before == 10


def test_what_the_server_lacks_is_raised(connection: psycopg.Connection[Any]):
    """Memory, say: that the claim is tried again is the caller's business, and no job is to blame."""
    refuse(connection, "lacks memory")
    add(connection, "poison")
    with pytest.raises(psycopg.errors.OutOfMemory):
        claim(connection, 1)
    assert values(connection, "select count(*) from _private_refused_claims") == [0]


def test_one_that_collides_at_every_claim_holds_up_no_other(connection: psycopg.Connection[Any]):
    refuse(connection, "collides")
    poison, good = add(connection, "poison"), add(connection, "good")
    assert claim(connection, 2) == [good]
    assert values(connection, "select job_id from list_refused_claims()") == [poison]


def test_a_refused_job_that_is_gone_is_forgotten(connection: psycopg.Connection[Any]):
    refuse(connection, "raises")
    poison = add(connection, "poison")
    assert claim(connection, 1) == []
    connection.execute("delete from _private_jobs where id = %s", [poison])
    good = add(connection, "good")
    assert connection.execute("select from list_refused_claims()").fetchall() == []
    assert claim(connection, 1) == [good]
    assert values(connection, "select count(*) from _private_refused_claims") == [0]


def test_two_claims_at_once_do_not_wait_for_each_other(connection: psycopg.Connection[Any], database: str):
    refuse(connection, "raises")
    first, second = add(connection, "poison 1"), add(connection, "poison 2")
    with psycopg.connect(database) as other:
        other.execute("set search_path = graphile_worker")
        assert claim(other, 1, "other") == []
        good, third = add(connection, "good"), add(connection, "poison 3")
        connection.execute("set lock_timeout = '1ms'")
        assert [claim(connection, 1), claim(connection, 1)] == [[good], []]
        other.commit()
    assert values(connection, "select job_id from list_refused_claims() order by 1") == [first, second, third]


def test_many_that_are_refused_do_not_hold_up_others(connection: psycopg.Connection[Any]):
    """Not even where each is due again at every claim of a worker that takes one at a time."""
    refuse(connection, "raises")
    for number in range(10):
        add(connection, f"poison {number}")
    good = [add(connection, f"good {number}") for number in range(3)]
    claimed = []
    for _ in good:
        claimed += claim(connection, 1)
        connection.execute("update _private_refused_claims set next_try_at = now()")
    assert claimed == good


@pytest.mark.parametrize("kind", KINDS)
async def test_a_worker_goes_on_and_names_it(
    connection: psycopg.Connection[Any], database: str, caplog: pytest.LogCaptureFixture, kind: str
):
    refuse(connection, kind)
    ran: list[str] = []
    tasks = TaskRegistry()

    @tasks.task
    async def t(payload: dict[str, str]) -> None:
        ran.append(payload["name"])

    poison = add(connection, "poison", "q")
    for name in "abcde":
        add(connection, name)
    with caplog.at_level(logging.WARNING, "graphile_worker"):
        worker = Worker(database, tasks, concurrency=2, poll_interval=timedelta(seconds=0.1))
        running = asyncio.create_task(worker.run())
        await support.eventually(lambda: len(ran) == 5)
        await support.eventually(lambda: f"job {poison} (t) can not be claimed (tries so far: 1)" in caplog.text)
        assert not running.done()
        async with AsyncClient(database) as client:
            [refused] = await client.list_refused_claims()
            assert (refused.job_id, refused.task_identifier, refused.queue_name) == (poison, "t", "q")
        allow(connection, kind)
        # Without anybody's help.
        await support.eventually(lambda: len(ran) == 6)
        worker.stop()
        await running
    assert ran[-1] == "poison"
