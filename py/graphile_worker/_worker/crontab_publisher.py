"""A worker's crontab as schedules of the database."""

from __future__ import annotations

from datetime import datetime

from .._basis.errors import PayloadError
from .._basis.log import logger
from .._basis.printable import printable, shorten
from .._calls.crontabs import timed_document
from .._calls.scheduling import Refused, publish_schedules
from .._client.async_client import AsyncClient
from .._crontab.crontab import Crontab
from .._crontab.entry import Cron
from .._crontab.schedule import Schedule
from .schedule_teller import CODE, LONGEST, name_of, source_of


class CrontabPublisher:
    """Publishes the entries of a crontab; those that the database refuses are told in the log, with their lines."""

    def __init__(self, crontab: Crontab) -> None:
        self.crontab = crontab
        self._entries = {entry.id: entry for entry in crontab}
        self.identifiers = [entry.id for entry in crontab if _has_times(entry)]
        """Of the entries that the database has to schedule; of others a function says when they are due."""
        self._started_at: datetime | None = None

    async def publish(self, client: AsyncClient, now: datetime | None = None) -> None:
        """Makes the entries schedules, which they remain when this is repeated.

        Of two releases the one whose worker has done so first last has the say: what is repeated, after a fault, does
        not bring back a file that another has replaced.
        """
        # A file without entries has none any more.
        files: dict[str, list[str]] = {self.crontab.file: []} if self.crontab.file is not None else {}
        for entry in self.crontab:
            file, line = _place(entry)
            try:
                files.setdefault(file, []).append(timed_document(entry, line))
            except PayloadError as error:
                self._tell(Refused(entry.id, str(error), None))
        for file, entries in files.items():
            call = publish_schedules(file, f"[{','.join(entries)}]", now, self._started_at)
            published_at, found = await client._run(call)  # noqa: SLF001
            # By the server's clock: workers' need not agree.
            self._started_at = self._started_at or published_at
            for refused in found:
                self._tell(refused)

    def _tell(self, refused: Refused) -> None:
        problem = ". ".join(filter(None, (refused.error_message.rstrip("."), refused.error_hint)))
        logger.warning(
            "%s is not scheduled: %s",
            name_of(
                refused.identifier or "without a name", source_of(self._entries.get(refused.identifier or "")) or CODE
            ),
            printable(" ".join(shorten(problem, LONGEST).split())),
        )


def _has_times(entry: Cron) -> bool:
    """Tells whether an entry is due at times that can be written down, and not when a function says."""
    return isinstance(entry.schedule, Schedule)


def _place(entry: Cron) -> tuple[str, int | None]:
    file, colon, line = (entry.source or CODE).rpartition(":")
    return (file, int(line)) if colon and line.isdigit() else (entry.source or CODE, None)
