"""Exceptions, and the one place where SQLSTATEs become exception classes."""

from __future__ import annotations

import asyncio

import psycopg


class GraphileWorkerError(Exception):
    """Base of everything this package raises on purpose, but for JobCancelled.

    `sqlstate` is the code the database gave, where it gave one; `hint` says what to do.
    """

    def __init__(self, message: str, *, hint: str | None = None, sqlstate: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        self.sqlstate = sqlstate

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}. {self.hint}" if self.hint else message


class InvalidJob(GraphileWorkerError, ValueError):
    """A value of a job to be added is out of bounds: identifier, queue, key, priority, flags, mode."""


class InvalidArgument(GraphileWorkerError, ValueError):
    """An argument of a call that adds no job is out of bounds: a state, a limit, a duration, a worker id."""


class UnknownName(GraphileWorkerError, LookupError):
    """A task or queue that the database has never heard of."""


class JobNotAdded(GraphileWorkerError):
    """Adding a job gave no row: a trigger on the jobs table, or a hook, dropped the job."""


class OutcomeUnknown(GraphileWorkerError, psycopg.OperationalError):
    """The connection was lost, or silent, while jobs were being added: they may have been added, or not.

    Repeating the call may add them twice; with a `job_key`, or unique `within` a period, it does not.
    """


class JobLost(GraphileWorkerError):
    """A worker no longer holds the job that it wants to finish: it was taken for dead, or somebody unlocked the job."""


class JobCancelled(asyncio.CancelledError):
    """Nobody wants the outcome of the job any more: it was cancelled, its time is up, it was taken from its worker, or
    the worker stops. Raised in a thread, which can't be interrupted, by its context. Like every CancelledError it is no
    Exception: code that catches those goes on to its end.
    """


class TimedOut(GraphileWorkerError, psycopg.OperationalError):
    """A call of a client took longer than its `timeout`; the message says what it waited for, and what is certain."""


class SchemaNotInstalled(GraphileWorkerError):
    """The schema, or what this release expects in it, is not there: run `graphile-worker migrate`."""


class MigrationError(GraphileWorkerError):
    """The schema can't be migrated as it is; nothing was changed by the step that said so."""


class WorkersRemain(MigrationError):
    """Workers of an earlier release were still there when the time was up that `migrate` was to wait for them; nothing
    was changed.
    """


class PayloadError(GraphileWorkerError, ValueError):
    """A payload that can't be written as JSON, or does not fit the type its task declares."""


TAKEN_FOR_DEAD = "GWNRG"
"""SQLSTATE of a claim by a worker that is not registered any more; its own business, so no exception of its own."""

_BY_SQLSTATE: dict[str, type[GraphileWorkerError]] = {
    state: kind
    for kind, states in {
        InvalidJob: "GWBID GWBQN GWBMA GWBKY GWBPR GWBFL GWBKM GWBUQ",
        JobNotAdded: "GWNOR",
        InvalidArgument: "GWBNS GWNFI GWBAL GWBAT GWBCE GWBCI GWBCT GWBDU GWBLM GWBMC GWBMU GWBPO GWBPT GWBRA GWBRT "
        "GWBSC GWBST GWBTH GWBTI GWBTK GWBTZ GWBWD GWBWI GWISO GWROS GWSUP",
        JobLost: "GWNHL",
        UnknownName: "GWUTK GWUQU GWUSC",
        SchemaNotInstalled: "3F000 42883 42704",
    }.items()
    for state in states.split()
}

# A column that is not there. Where one of our statements names it, the schema is that of an earlier release; in a
# trigger of somebody's, which the error's context tells, it is that trigger's fault.
_NO_COLUMN = "42703"
# Transactions of one client on several connections of the server: not there, or there already.
PREPARED_STATEMENT_LOST = ("26000", "42P05")


def translate(error: psycopg.Error) -> GraphileWorkerError | None:
    """Returns the exception of this package that says what `error` means; None when `error` says it best itself.

    >>> translate(psycopg.errors.DeadlockDetected()) is None
    True
    """
    message = error.diag.message_primary or str(error)
    if error.sqlstate in PREPARED_STATEMENT_LOST:
        return GraphileWorkerError(
            message,
            hint="A connection pooler that knows no prepared statements? Then say prepare_statements=False",
            sqlstate=error.sqlstate,
        )
    cls = _BY_SQLSTATE.get(error.sqlstate or "")
    if error.sqlstate == _NO_COLUMN and error.diag.context is None:
        cls = SchemaNotInstalled
    if cls is None:
        return None
    hint = error.diag.message_hint
    if cls is SchemaNotInstalled:
        hint = "Run `graphile-worker migrate`, with the same --schema as here"
    return cls(message, hint=hint, sqlstate=error.sqlstate)


def require(good: bool, name: str, value: object, rule: str) -> None:
    """Raises InvalidArgument for a bad value of an option, which has to be as `rule` says.

    >>> require(1 >= 1, "concurrency", 1, "1 or more")
    """
    if not good:
        raise InvalidArgument(f"bad {name} {value}", hint=f"It is {rule}")
