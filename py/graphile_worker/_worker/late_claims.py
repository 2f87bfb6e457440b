"""Claims whose answer never came: the server may carry one out at any time later, in the name of a worker that does not
know of it.
"""

from __future__ import annotations

import math
import time

import psycopg

from .._wire.call_timeout import CallTimeout
from .._wire.connections import AsyncConnection
from .._wire.settings import Session, end_sessions

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 600.0
_LOOK_FOR = 3600.0
"""Seconds for which claims are looked for where their session is not known: behind a pooler."""


class LateClaims:
    """Has the sessions of lost connections ended, and says when to look again for what they have claimed: until they
    are gone. A session that is frozen, or hears late, ends once it goes on, and does not carry out what it then reads.
    """

    def __init__(self) -> None:
        self._sessions: list[Session] = []
        self._unknown_until = 0.0
        """Until when to look for the claims of sessions that are not known."""
        self._look_at = math.inf
        self._pause = _FIRST_PAUSE

    @property
    def are_possible(self) -> bool:
        """Tells whether something may still be claimed that way."""
        return self._look_at < math.inf

    @property
    def is_look_due(self) -> bool:
        """Tells whether it is time to look what was claimed."""
        return time.monotonic() >= self._look_at

    def expect(self, session: Session | None) -> None:
        """Takes note that a connection was lost during a call."""
        if session is None or session.is_pooled or session.started is None:
            self._unknown_until = time.monotonic() + _LOOK_FOR
        else:
            self._sessions.append(session)
        self._pause = _FIRST_PAUSE
        self._look_at = 0.0

    async def end(self, connection: AsyncConnection, call_timeout: CallTimeout) -> None:
        """Ends the sessions, before a look at what they have claimed, and plans the next: none once all are gone."""
        if self._sessions:
            try:
                with call_timeout.during(connection):
                    self._sessions = await end_sessions(connection, self._sessions)
            except psycopg.Error:
                if connection.closed:
                    raise
                # The sessions belong to a role whose sessions this role may not end.
                self._unknown_until = time.monotonic() + _LOOK_FOR
                self._sessions = []
        if self._sessions or time.monotonic() <= self._unknown_until:
            self._look_at = time.monotonic() + self._pause
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        else:
            self._look_at = math.inf
