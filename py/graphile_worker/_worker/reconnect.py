"""The worker's one conversation with the database: hand in what finished, ask for as much as there are idle slots.

Both is one call. While it is under way further jobs finish, and go with the next:
group commit without a delay.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg_pool import PoolTimeout

from .._basis.backoff import Backoff
from .._basis.errors import PREPARED_STATEMENT_LOST, TAKEN_FOR_DEAD, GraphileWorkerError, translate
from .._basis.log import logger
from .._basis.printable import first_line
from .._hooks.events import JobFetchFail
from .._wire.adapters import of_worker
from .._wire.call_timeout import CallTimeout
from .._wire.connections import AsyncConnection, is_transient, take_any_text, was_rolled_back
from .._wire.pipeline import DirectStatement, fetch_meanwhile
from .._wire.settings import fetch, session_of
from .claim_hint import NONE, Position
from .held_jobs import HeldJobs
from .late_claims import LateClaims
from .outcomes import Outcomes
from .round import Answer, hand_in, note_refused, text_array
from .shared import Shared

if TYPE_CHECKING:
    from .forbidden_flags import ForbiddenFlags
    from .slots import Claim


class Exchange:
    """Rounds on one connection, which is opened anew as often as it takes.

    After a reconnect it tells `held` which of its jobs are no longer this worker's, and whenever others seem to have
    taken this worker for dead.
    """

    def __init__(self, shared: Shared, held: HeldJobs) -> None:
        self._source = shared.source
        self._statements = shared.statements
        self._options = options = shared.options
        self._told = shared.told
        self._held = held
        self._slots = shared.slots
        self._worker_id = held.worker_id
        # As text: a list takes psycopg longer than all else together.
        self._claims: dict[str, Any] = {
            "task_identifiers": text_array(shared.tasks.identifiers),
            "forbidden_flags": None,
            "must_be_registered": options.recovery is not None,
            "only_queues": text_array(options.only_queues) if options.only_queues else None,
            "not_queues": text_array(options.not_queues) if options.not_queues else None,
        }
        self.flags: ForbiddenFlags | None = None
        """Who is to be asked before each claim."""
        if callable(options.forbidden_flags):
            from .forbidden_flags import ForbiddenFlags

            self.flags = ForbiddenFlags(options.forbidden_flags)
        elif options.forbidden_flags:
            self._claims["forbidden_flags"] = text_array(options.forbidden_flags)
        self._connection: AsyncConnection | None = None
        self._rounds: dict[str, DirectStatement] = {}
        """The statements of rounds, on the present connection."""
        self._must_resume = False
        self._former_ids: list[str] = []
        """Ids that were taken for dead, in whose name something may have been claimed at the last moment."""
        self._late = LateClaims()
        self._unanswered: set[int] = set()
        """Ids that were handed in by a call whose answer never came."""
        self._recorded: set[int] = set()
        """The unanswered ids whose outcome the database has."""
        self._prepares = options.prepare_statements
        self._backoff = Backoff()
        self._failed_tries = 0
        """How often the server has answered the present round with an error."""
        self._position = Position(options.poll_interval.total_seconds())
        self._timeout = CallTimeout()
        self._refused: list[int] = []
        """Ids that stay locked in our name: the database takes no outcome of them."""
        self._refusals = 0

    async def ask_flags(self) -> bool:
        """Makes claims pass over jobs with flags that are forbidden now; returns whether these are known."""
        assert self.flags is not None
        if (flags := await self.flags.ask()) is None:
            return False
        self._claims["forbidden_flags"] = text_array(flags) if flags else None
        return True

    async def open(self) -> None:
        """Connects; unlike later, a failure is raised at once: at start it is most likely a setting that is wrong."""
        await self._connected()

    async def close(self) -> None:
        """Closes the connection. What was claimed late, or in the name of a former id, is returned before."""
        if (self._former_ids or self._late.are_possible) and (self._connection or not self._timeout.has_ended):
            with suppress(psycopg.Error, PoolTimeout, OSError):
                await self._resume(await self._connected())
        await self._disconnect()

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._source.close(connection)

    async def round(
        self, outcomes: Outcomes, max_jobs: int, max_limited: int, meanwhile: Callable[[], Awaitable[None]]
    ) -> Answer:
        """Hands in outcomes and claims up to `max_jobs` jobs, `max_limited` of them limited, trying until it succeeds.

        `meanwhile`, which is called once or more, is what to do while the database is at work. An outcome that it
        refuses to record becomes a failure, in `outcomes`, too. Raises what is not a passing fault, and what is one
        when it is time to give up.
        """
        self._claims["max_limited"] = max_limited
        claim = self._slots.begin() if self._slots is not None and max_jobs else None
        try:
            answer = await self._until_answered(outcomes, max_jobs, meanwhile, claim)
        except BaseException:
            if claim is not None:
                claim.end()
            raise
        answer.fill(claim)
        return answer

    async def _until_answered(
        self, outcomes: Outcomes, max_jobs: int, meanwhile: Callable[[], Awaitable[None]], claim: Claim | None
    ) -> Answer:
        while True:
            try:
                connection = await self._connected()
                if self._must_resume or self._late.is_look_due:
                    # What the last round claimed is held, too.
                    await meanwhile()
                    await self._resume(connection)
                with self._timeout.during(connection):
                    answer = await self._attempt(connection, outcomes, max_jobs, meanwhile, claim)
            except psycopg.Error as error:
                if error.sqlstate == TAKEN_FOR_DEAD:
                    # This lane is told its new id soon.
                    self._held.alarm.ring()
                if error.sqlstate == TAKEN_FOR_DEAD or is_transient(error):
                    await self._recover(error, outcomes, max_jobs)
                    continue
                if error.sqlstate in PREPARED_STATEMENT_LOST and self._prepares:
                    # That nothing was done is certain, and none of the jobs has anything to do with it.
                    self._prepares = False
                    self._rounds = {}
                    logger.warning("goes on without prepared statements: %s", translate(error))
                    continue
                raise (translate(error) or error) from error
            self._failed_tries = 0
            if self._backoff.failures:
                logger.info("the database answers again (failed tries: %d)", self._backoff.failures)
                self._backoff.reset()
            self._timeout.reset()
            self._unanswered.clear()
            self._recorded.clear()
            if answer.errors:
                self._note_refused(outcomes, answer)
            return answer

    async def cut_off(self) -> None:
        """Disconnects after a round that was cancelled: the next finds out whether it was, or will be, carried out."""
        self._must_resume = True
        if self._connection is not None:
            # In the middle of a call the connection is of no more use.
            self._late.expect(session_of(self._connection))
            await self._disconnect()

    def rename(self, worker_id: str) -> None:
        """Takes another id from the next round on; what was claimed under the present one is returned."""
        self._former_ids.append(self._worker_id)
        self._worker_id = worker_id
        self._must_resume = True

    async def _connected(self) -> AsyncConnection:
        if self._connection is None:
            connection = await self._source.open(f"graphile-worker {self._worker_id}")
            await take_any_text(connection)
            connection.add_notice_handler(_pass_on)
            self._connection, self._rounds = connection, {}
        return self._connection

    def give_up_after(self, seconds: float) -> None:
        """Limits the time that is left: then a round that fails is not tried again, and soon no call is waited for."""
        self._timeout.end_after(seconds)

    async def _recover(self, error: psycopg.Error, outcomes: Outcomes, max_jobs: int) -> None:
        """Gets over a passing fault: a new connection if need be, and a pause."""
        if self._timeout.has_ended:
            raise GraphileWorkerError(f"gave up on the database while stopping: {error}") from error
        connection, is_unanswered = self._connection, not was_rolled_back(error)
        if is_unanswered:
            # Whether the transaction was committed is not known, nor whether it still will be by a server that has not
            # noticed: what it claims in our name must be found out.
            self._must_resume = True
            self._unanswered.update(job.id for job in outcomes.jobs())
        # Also at 25006, read-only: another node may be the one to write to by now.
        if connection is not None and (connection.closed or connection.broken or error.sqlstate == "25006"):
            if is_unanswered:
                self._late.expect(session_of(connection))
            await self._disconnect()
        self._failed_tries += not is_unanswered
        delay = self._backoff.next()
        if max_jobs:
            text, failures = first_line(error), self._backoff.failures
            self._told.emit(JobFetchFail, worker_id=self._worker_id, error=text, failures=failures)
        # Once, then ever more rarely: an outage is not to fill the log.
        if self._backoff.failures & (self._backoff.failures - 1) == 0:
            logger.warning("the database call failed, trying again (%d): %s", self._backoff.failures, first_line(error))
        await asyncio.sleep(delay)

    async def _resume(self, connection: AsyncConnection) -> None:
        # Before the look, which then finds all that the ended sessions have done.
        await self._late.end(connection, self._timeout)
        for worker_id in self._former_ids:
            await self._resume_as(connection, worker_id, self._refused)
        lost = await self._resume_as(connection, self._worker_id, [*self._held.jobs, *self._refused])
        lost.difference_update(self._refused, self._recorded, self._held.finishing)
        if recorded := lost & self._unanswered:
            self._recorded |= recorded
            logger.info(
                "the connection was lost before the answer came: the outcome of %d jobs is recorded: %s",
                *(len(recorded), sorted(recorded)),
            )
        if taken := lost - recorded:
            self._held.forget(taken)
        if not self._late.are_possible:
            self._former_ids.clear()
        self._must_resume = False

    async def _resume_as(self, connection: AsyncConnection, worker_id: str, held: list[int]) -> set[int]:
        params = {"worker_id": worker_id, "held_job_ids": held}
        with self._timeout.during(connection):
            rows = await fetch(connection, self._statements["resume_worker"], params, adapters=of_worker(connection))
        if returned := [row[0] for row in rows if row[1] == "returned"]:
            logger.info("returned %d jobs whose claim was cut off: %s", len(returned), returned)
        return {row[0] for row in rows if row[1] == "lost"}

    async def _attempt(
        self,
        connection: AsyncConnection,
        outcomes: Outcomes,
        max_jobs: int,
        meanwhile: Callable[[], Awaitable[None]],
        claim: Claim | None,
    ) -> Answer:
        params = {
            "worker_id": self._worker_id,
            "now": datetime.now(UTC) if self._options.use_local_time else None,
            "max_jobs": max_jobs,
            "max_per_task": claim and claim.array,
            "failed_tries": self._failed_tries,
            **self._claims,
            **(self._position.params() if max_jobs else NONE),
            **hand_in(outcomes, self._options, connection),
        }

        async def at_leisure() -> None:
            with self._timeout.paused():
                await meanwhile()

        is_usual = len(outcomes.completed) == len(outcomes) and not self._failed_tries
        name = "worker_round" if is_usual else "worker_round_in_full"
        if name not in self._rounds:
            statement = self._statements[name]
            self._rounds[name] = DirectStatement(connection, statement, of_worker(connection), prepare=self._prepares)
        rows = await fetch_meanwhile(connection, self._rounds[name], params, at_leisure)
        answer = Answer(params["worker_id"], rows, outcomes, self._recorded, max_jobs=max_jobs)
        self._position.observe(answer.last_claimed(), is_full=answer.is_full)
        return answer

    def _note_refused(self, outcomes: Outcomes, answer: Answer) -> None:
        for job in note_refused(outcomes, answer):
            self._refusals += 1
            if self._refusals & (self._refusals - 1) == 0:
                what = "stays locked" if job.id in answer.refused else "fails"
                logger.error(
                    "the database refuses to record the outcome of job %d (%s), which %s (%d so far): %s",
                    *(job.id, job.task_identifier, what, self._refusals, answer.errors[job.id]),
                )
        self._refused.extend(answer.refused)


def _pass_on(diagnostic: psycopg.errors.Diagnostic) -> None:
    """Logs what the database warns of: jobs that can't be claimed."""
    if diagnostic.severity_nonlocalized == "WARNING":
        logger.warning("%s", first_line(diagnostic.message_primary or ""))
