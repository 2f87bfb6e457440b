"""A round as the database says it: kinds of rows, those of later releases included."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from graphile_worker._calls.job import Job
from graphile_worker._wire.adapters import of_worker
from graphile_worker._wire.pipeline import DirectStatement, Rows
from graphile_worker._worker.options import WorkerOptions
from graphile_worker._worker.outcomes import Failure, Outcomes, Snoozed
from graphile_worker._worker.round import Answer, hand_in, note_refused, text_array

ROWS = """
    select
      r.id, 't', '{{}}'::json, null::text, 0::smallint, {run_at}, 2::smallint, 3::smallint, now(), null::text,
      null::jsonb, r.kind, r.error
    from (values {values}) as r (id, kind, error)
"""


@pytest.fixture
async def connection(shared_database: str) -> Any:
    async with await psycopg.AsyncConnection.connect(shared_database, autocommit=True) as connection:
        yield connection


async def _rows(connection: psycopg.AsyncConnection[Any], values: str, run_at: str = "now()") -> Rows:
    query = ROWS.format(values=values, run_at=run_at).encode()
    statement = DirectStatement(connection, query, of_worker(connection), prepare=False)
    statement.send([])
    return Rows(statement, statement.result(await connection.wait(psycopg.generators.execute(connection.pgconn))))


async def _job(connection: psycopg.AsyncConnection[Any], job_id: int) -> Job:
    [job] = Answer(
        "w", await _rows(connection, f"({job_id}::bigint, null::text, null::text)"), Outcomes(), set(), max_jobs=1
    ).claimed()
    return job


async def test_what_was_put_off_and_what_was_not_started_go_back_in_one_array(
    connection: psycopg.AsyncConnection[Any],
) -> None:
    put_off, until, not_started = [await _job(connection, job_id) for job_id in (1, 2, 3)]
    noon, minute = datetime(2030, 1, 1, 12, tzinfo=UTC), timedelta(minutes=1)
    outcomes = Outcomes(
        returned=[not_started],
        snoozed=[
            Snoozed(put_off, time.monotonic() - 20, minute, None),
            Snoozed(until, time.monotonic(), None, noon),
        ],
    )
    params = hand_in(outcomes, WorkerOptions(), connection)
    assert params["returned"] == "{1,2,3}"
    assert params["snoozed_until"] == [None, noon, None]
    delay, *others = params["snooze_delays"]
    assert others == [None, None]
    # It counts from the end of the handler, not from the round.
    assert timedelta(seconds=30) < delay <= timedelta(seconds=40)
    assert hand_in(Outcomes(returned=[not_started]), WorkerOptions(), connection)["snooze_delays"] is None


async def test_unknown_kinds_are_ignored_before_and_after_the_jobs(connection: psycopg.AsyncConnection[Any]) -> None:
    rows = await _rows(
        connection,
        "(1::bigint, 'failed', null), (2, 'lost', null), (3, 'refused', 'no'), (4, 'retry', 'bad'), (9, 'new', null),"
        " (5, null, null), (6, null, null), (null, 'ask_again_at', null)",
    )
    answer = Answer("w", rows, Outcomes(), set(), max_jobs=1)
    assert [job.id for job in answer.claimed()] == [5, 6]
    assert answer.claimed_count == 2
    last = answer.last_claimed()
    assert last is not None
    assert last.id == 6
    assert (answer.failed_for_good, answer.gone, answer.refused) == ({1}, {2}, {3})
    assert answer.errors == {3: "no", 4: "bad"}
    assert answer.claims_any_of({6: last}.keys())
    assert not answer.claims_any_of({7: last}.keys())


@pytest.mark.parametrize(("run_at", "again_in"), [("now() + interval '1.5 seconds'", 1.5), ("null::timestamptz", None)])
async def test_what_waits_for_a_limit(
    connection: psycopg.AsyncConnection[Any], run_at: str, again_in: float | None
) -> None:
    answer = Answer("w", await _rows(connection, "(1::bigint, 'lost', null)"), Outcomes(), set(), max_jobs=10)
    assert (answer.waits_for_limit, answer.waits_for_slot, answer.again_in) == (False, False, None)
    rows = await _rows(connection, "(5::bigint, null, null), (null, 'again', null)", run_at)
    answer = Answer("w", rows, Outcomes(), set(), max_jobs=10)
    assert (answer.waits_for_limit, answer.waits_for_slot, answer.again_in) == (True, False, again_in)
    rows = await _rows(connection, "(null::bigint, 'again', null), (null, 'idle', null)", run_at)
    answer = Answer("w", rows, Outcomes(), set(), max_jobs=10)
    assert (answer.waits_for_limit, answer.waits_for_slot, answer.claimed_count) == (True, True, 0)


async def test_no_job_at_all(connection: psycopg.AsyncConnection[Any]) -> None:
    answer = Answer("w", await _rows(connection, "(2::bigint, 'lost', null)"), Outcomes(), {2}, max_jobs=1)
    assert (answer.claimed(), answer.last_claimed(), answer.claimed_count) == ([], None, 0)
    # Its outcome had been handed in before.
    assert answer.gone == set()


async def test_what_was_refused_becomes_a_failure(connection: psycopg.AsyncConnection[Any]) -> None:
    done, failed, other = [await _job(connection, job_id) for job_id in (1, 2, 3)]
    outcomes = Outcomes(completed=[done], failed=[Failure(job, "boom", time.monotonic()) for job in (failed, other)])
    rows = await _rows(connection, "(1::bigint, 'retry', 'no'), (2, 'refused', 'never'), (3, 'retry', null)")
    assert note_refused(outcomes, Answer("w", rows, outcomes, set(), max_jobs=0)) == [done, failed]
    assert {failure.job.id: failure.message for failure in outcomes.failed} == {
        3: "boom",
        1: "the database refused to record its outcome: no",
        2: "the database refused to record its outcome: never",
    }


@pytest.mark.parametrize("texts", [[], ["a", "b"], ['say "b"', "back\\slash", "{,}", "null", "", " ü\n"]])
async def test_texts_are_the_array_that_the_database_reads(
    connection: psycopg.AsyncConnection[Any], texts: list[str]
) -> None:
    cursor = await connection.execute("select %s::text[]", [text_array(texts)])
    assert await cursor.fetchone() == (texts,)
