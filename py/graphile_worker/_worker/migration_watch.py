"""Notices that the schema has become that of another release, with which this one can't go on."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import psycopg

from .._basis.backoff import Backoff
from .._basis.errors import GraphileWorkerError, MigrationError
from .._basis.log import logger
from .._basis.printable import first_line
from .._basis.releases import release_of
from .._basis.service import Service
from .._basis.version import __version__
from .._calls import housekeeping
from .._client.async_client import AsyncClient
from .shutdown import Shutdown

_INTERVAL = 60.0
"""Seconds. Not every worker listens, and a notification may be lost."""


class MigrationWatch(Service):
    """Asks the ledgers, at start, when told to `look` and every minute, for a breaking migration that is newer.

    When there is one, or a newer release has announced one, the worker is asked to shut down. A failure is logged and
    tried again.
    """

    name = "migrations"

    def __init__(self, client: AsyncClient, shutdown: Shutdown) -> None:
        super().__init__()
        self._client = client
        self._shutdown = shutdown
        self._asked = asyncio.Event()
        self._announcement: tuple[int, str] | None = None
        """The last one that was heard of: the pid of who has sent it, and the release."""
        self.error: MigrationError | None = None
        """What the worker was asked to shut down for."""

    def look(self, *, pid: int = 0, schema: str | None = None, release: str | None = None) -> None:
        """Asks at once: somebody may have made a breaking migration, or, with a release, be about to make one."""
        if release is not None and schema == self._client.schema and release_of(release) > release_of(__version__):
            self._announcement = pid, release
        self._asked.set()

    async def look_first(self) -> None:
        """Raises the error, and shuts down, when a breaking migration is there before anything is claimed.

        Raises the error of a server that can't be reached, too; what else keeps the question from being answered is
        said by the calls that follow, or not in the way of anything.
        """
        try:
            await self._look()
        except (psycopg.Error, GraphileWorkerError) as error:
            if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
                raise
        if self.error is not None:
            raise self.error

    async def _look(self) -> bool:
        """Shuts the worker down when there is a breaking migration, or is to be one, and returns whether so."""
        schema = self._client.schema
        if (migration := await self._client.newer_breaking_migration()) is not None:
            logger.error("the breaking migration %r is newer than this release, stopping", migration)
            why = f"schema {schema!r} has the breaking migration {migration!r}, which this release does not know"
            hint = "Start it again with the release that made it, or a newer one"
        elif (release := await self._announced()) is not None:
            logger.error("release %s is about to migrate schema %s, stopping", release, schema)
            why, hint = f"release {release} is about to migrate schema {schema!r}", "Start it again with that release"
        else:
            return False
        self.error = MigrationError(f"the worker has stopped: {why}", hint=hint)
        self._shutdown.request("migration")
        return True

    async def _announced(self) -> str | None:
        """Returns the release that has announced a migration, if the role that did so may make one."""
        if self._announcement is None:
            return None
        (pid, release), self._announcement = self._announcement, None
        may_migrate = await self._client._run(housekeeping.may_migrate(pid))  # noqa: SLF001
        return release if may_migrate else None

    async def _run(self) -> None:
        backoff = Backoff(first=0.5, longest=_INTERVAL)
        last_failure = ""
        while True:
            self._asked.clear()
            delay = _INTERVAL
            try:
                if await self._look():
                    return
                backoff.reset()
            except (psycopg.Error, GraphileWorkerError) as error:
                # A role that may not ask is told so once, not every minute.
                if (failure := first_line(error)) != last_failure:
                    last_failure = failure
                    logger.info("newer migrations were not looked for, trying again: %s", failure)
                delay = backoff.next()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), delay)
