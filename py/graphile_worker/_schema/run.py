"""Makes the steps of a plan, one transaction each."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import psycopg
from psycopg import errors

from .._basis.errors import MigrationError
from .._basis.log import logger
from .._basis.schema_name import quote_schema
from . import sources
from .plan import MigrationPlan, Step, act_as, make_plan, no_timeouts, preamble
from .state import State, read_state, refuse_old_server

APPLICATION_NAME = "graphile-worker migrate"
# A step that met a worker's locks in another order, or another runtime's installer, is tried again: the schema is
# looked at anew each time.
_COLLISIONS = (errors.DeadlockDetected, errors.UniqueViolation, errors.DuplicateTable, errors.DuplicateSchema)
_TRIES = 5
# The takeover gives way to applications that use the tables (takeover_lock.sql). Each try that is in vain has kept them
# waiting, too, so there is a pause between tries: some 80 seconds, enough for any transaction but a forgotten one.
_TRIES_FOR_LOCKS = 120
_PAUSE = 1.0

T = TypeVar("T")


@dataclass(slots=True)
class MigrationResult:
    """The outcome of `migrate`. Nothing was done when the schema was already as it should be."""

    applied: list[str] = field(default_factory=list)
    """Names of the revisions and migrations that ran, in order."""
    bundle_replaced: bool = False
    """Whether functions and views were installed anew."""
    warnings: list[str] = field(default_factory=list)
    """What should be known, though it kept nothing from going on; logged as well."""


def migrate(
    target: str | psycopg.Connection[Any],
    *,
    schema: str = "graphile_worker",
    progress: Callable[[str], object] | None = None,
    wait_for_workers: timedelta | None = None,
) -> MigrationResult:
    """Installs the schema or brings it up to this release; does nothing when it is already there.

    A schema that the Node.js Graphile Worker (0.1.0 and later) or the Rust runtime made is taken over with everything
    in it. Any number may run at once: they take turns, and a run that was cut off is continued by the next. `target`
    is a connection string, or a psycopg connection in autocommit mode. Each step commits on its own; `progress` is
    told a line about each.

    With `wait_for_workers`, if there is anything to do, it is announced to all workers as a breaking migration first,
    and waits so long for those of earlier releases to end: WorkersRemain when one is still registered then.

    Raises MigrationError when the server is too old, the schema is of a kind this release can't take over, has a
    breaking revision that it does not know, belongs to an extension or to somebody else, or (before shared revision
    11) has jobs that are being worked on.

    >>> migrate("postgresql://localhost/app").applied  # doctest: +SKIP
    ['fresh', '001_ledger', '002_claim_indexes', ...]
    """
    quote_schema(schema)
    tell = progress or (lambda _line: None)

    def run(conn: psycopg.Connection[Any]) -> MigrationResult:
        if wait_for_workers is not None:
            from .farewell import wait_for_workers as wait

            refuse_old_server(conn)
            wait(conn, schema, wait_for_workers, tell)
        return _Migration(conn, schema, tell).run()

    return _with_connection(target, run)


def plan_migration(target: str | psycopg.Connection[Any], *, schema: str = "graphile_worker") -> MigrationPlan:
    """Returns what `migrate` would do now, without doing it or waiting for anybody.

    Raises MigrationError where `migrate` would, but for jobs that are being worked on, or do not fit: that is a warning
    here, as it may have changed by then.

    >>> print(plan_migration("postgresql://localhost/app").script())  # doctest: +SKIP
    """
    quote_schema(schema)

    def plan(conn: psycopg.Connection[Any]) -> MigrationPlan:
        refuse_old_server(conn)
        with _patient(conn):
            state = read_state(conn, schema)
        return make_plan(state, refusal=_check(conn, state))

    return _with_connection(target, plan)


def _check(conn: psycopg.Connection[Any], state: State) -> str | None:
    """Returns the reason for which a takeover would be refused right now; None when there is none."""
    if state.layout != "text":
        return None
    try:
        with _patient(conn):
            for file in sources.of_kind("check"):
                conn.execute(file.for_schema(state.schema).encode())
    except psycopg.Error as error:
        if not (error.sqlstate or "").startswith("GWM"):
            raise
        return f"refused as things are: {error.diag.message_primary}"
    return None


@contextmanager
def _patient(conn: psycopg.Connection[Any]) -> Iterator[None]:
    """Opens a transaction without any timeout."""
    with conn.transaction():
        for statement in no_timeouts():
            conn.execute(statement.encode())
        yield


def _with_connection(target: str | psycopg.Connection[Any], work: Callable[[psycopg.Connection[Any]], T]) -> T:
    if isinstance(target, str):
        with psycopg.connect(
            target, autocommit=True, client_encoding="utf8", application_name=APPLICATION_NAME
        ) as conn:
            return work(conn)
    if not target.autocommit:
        raise MigrationError("migrate needs a connection in autocommit mode", hint="Each revision commits on its own")
    return work(target)


class _Migration:
    def __init__(self, conn: psycopg.Connection[Any], schema: str, progress: Callable[[str], object]) -> None:
        self.conn = conn
        self.schema = schema
        self.progress = progress
        self.result = MigrationResult()

    def run(self) -> MigrationResult:
        refuse_old_server(self.conn)
        self.conn.add_notice_handler(self._heed)
        try:
            while self._next_step():
                pass
        finally:
            self.conn.remove_notice_handler(self._heed)
        return self.result

    def _next_step(self) -> bool:
        """Makes the first step that the schema, as it is now, still needs; tells whether there was one."""
        tries = locks = 0
        while True:
            try:
                with self._turn() as state:
                    plan = make_plan(state)
                    for warning in plan.warnings:
                        self._warn(warning)
                    if not plan.steps:
                        return False
                    step = plan.steps[0]
                    if step.kind == "bundle" and self.result.bundle_replaced and state.bundle == "open":
                        raise MigrationError(
                            "there are privileges on the queue that its owner can't take back",
                            hint="They are what _private_wrong_privileges() lists in its schema: a superuser can",
                        )
                    self._make(step, state)
            except _COLLISIONS:
                tries += 1
                if tries == _TRIES:
                    raise
            except errors.LockNotAvailable as error:
                locks += 1
                if locks == _TRIES_FOR_LOCKS:
                    raise MigrationError(
                        f"transactions that use the tables of schema {self.schema!r} do not end",
                        hint="See pg_stat_activity for sessions idle in transaction, end them and migrate again",
                        sqlstate=error.sqlstate,
                    ) from error
                time.sleep(random.uniform(0, _PAUSE))  # noqa: S311
            else:
                self._report(step)
                return True

    @contextmanager
    def _turn(self) -> Iterator[State]:
        """Opens a transaction that has the migration lock of this schema; yields the state of the schema."""
        with self.conn.transaction():
            for statement in preamble(self.schema):
                self.conn.execute(statement.encode())
            yield read_state(self.conn, self.schema)

    def _make(self, step: Step, state: State) -> None:
        if state.owner is not None:
            self.conn.execute(act_as(state.owner).encode())
        try:
            # Many statements at once, which nothing can prepare.
            self.conn.execute(step.sql.encode(), prepare=False)
        except errors.DependentObjectsStillExist as error:
            raise MigrationError(
                f"{step.name}: {error.diag.message_primary} ({error.diag.message_detail})",
                hint="Drop what depends on it, migrate, and make it anew; this step changed nothing",
                sqlstate=error.sqlstate,
            ) from error
        except errors.InsufficientPrivilege as error:
            raise MigrationError(
                f"{step.name}: {error.diag.message_primary}",
                hint="Migrate as the owner of the schema, or grant this role what is missing",
                sqlstate=error.sqlstate,
            ) from error
        except psycopg.Error as error:
            if (error.sqlstate or "").startswith("GWM"):
                message = error.diag.message_primary or str(error)
                raise MigrationError(message, hint=error.diag.message_hint, sqlstate=error.sqlstate) from error
            raise

    def _report(self, step: Step) -> None:
        if step.kind == "bundle":
            self.result.bundle_replaced = True
        else:
            self.result.applied += [step.name, *step.also]
        self.progress(step.done)

    def _heed(self, notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING" and notice.message_primary:
            self._warn(notice.message_primary)

    def _warn(self, warning: str) -> None:
        if warning not in self.result.warnings:
            self.result.warnings.append(warning)
            logger.warning("%s", warning)
