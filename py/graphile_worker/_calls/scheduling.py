"""The calls by which a worker schedules what is due, and makes the entries of its crontab known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from psycopg.rows import tuple_row

from .call import Call


class Coming(NamedTuple):
    """The schedule that is due next; `due_in` is negative when it is overdue."""

    identifier: str
    tick: datetime
    due_in: timedelta


class Scheduled(NamedTuple):
    """What came of a tick: the job that was `added`, none as it was `skipped`, or the `error` that refused it."""

    identifier: str
    tick: datetime
    job_id: int | None
    outcome: str
    backfilled: bool
    error: str | None


class Refused(NamedTuple):
    """An entry of a crontab that the database does not take; without a name when that can't be read."""

    identifier: str | None
    error_message: str
    error_hint: str | None


def next_schedule(crontabs: Sequence[str], now: datetime | None) -> Call[Coming | None]:
    """Returns what is due next, of all that set_schedule made, and of these entries of crontabs."""
    statement = """
        select identifier, tick, due_in
        from @extschema@.next_schedule(crontabs => %(crontabs)s::text[], now => %(now)s::timestamptz)"""
    params = {"crontabs": list(crontabs), "now": now}
    return Call(statement, params, tuple_row, lambda rows: Coming(*rows[0]) if rows else None)


def schedule_due_jobs(crontabs: Sequence[str], now: datetime | None) -> Call[list[Scheduled]]:
    """Adds the jobs that are due, and returns what this call has scheduled."""
    statement = """
        select identifier, tick, job_id, outcome, backfilled, error
        from @extschema@.schedule_due_jobs(crontabs => %(crontabs)s::text[], now => %(now)s::timestamptz)"""
    params = {"crontabs": list(crontabs), "now": now}
    return Call(statement, params, tuple_row, lambda rows: [Scheduled(*row) for row in rows])


def publish_schedules(
    file: str, entries: str, now: datetime | None, started_at: datetime | None
) -> Call[tuple[datetime, list[Refused]]]:
    """Makes the entries of a crontab, a JSON document, schedules; returns the server's time, and what is refused.

    Nothing is changed of what a worker has published that started after `started_at`, None for now.
    """
    statement = """
        select now(), r.identifier, r.error_message, r.error_hint
        from (select) as this
        left join @extschema@.publish_schedules(
            file => %(file)s::text, entries => %(entries)s::json, now => %(now)s::timestamptz,
            started_at => %(started_at)s::timestamptz) as r on true"""
    params = {"file": file, "entries": entries, "now": now, "started_at": started_at}
    return Call(
        statement,
        params,
        tuple_row,
        lambda rows: (rows[0][0], [Refused(*row[1:]) for row in rows if row[2] is not None]),
    )
