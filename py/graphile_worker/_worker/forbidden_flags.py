"""Flags that are forbidden for the moment, by a function of the application's."""

from __future__ import annotations

import asyncio
from inspect import isawaitable

from .._basis.error_text import describe, summary_of
from .._basis.errors import GraphileWorkerError
from .._basis.log import logger
from .._basis.option_fields import flag_names
from .._basis.own_tasks import must_end
from .._basis.retries import Retries
from .options import FlagFunction

_PATIENCE = 5.0
"""Seconds. What has finished is handed in after it."""


class ForbiddenFlags:
    """Asks the function before each claim, on the event loop. One that raises, returns something else or is silent for
    5 seconds allows nothing: no job is claimed until it answers, and the log says so.
    """

    def __init__(self, function: FlagFunction) -> None:
        self._function = function
        self._retries = Retries(
            "forbidden_flags gave no answer and no job is claimed", tell=logger.error, explain=describe
        )
        self.must_answer = False
        """Whether a failure is raised, as GraphileWorkerError, instead of told in the log."""

    async def ask(self) -> tuple[str, ...] | None:
        """Returns the flags, None without an answer."""
        try:
            answer = self._function()
            if isawaitable(answer):
                answer = await asyncio.wait_for(answer, _PATIENCE)
            flags = () if answer is None else flag_names(answer, "forbidden_flags")
        except BaseException as error:
            # A stranger's code may raise anything, a cancellation of something of its own, too.
            if must_end(error) or (isinstance(error, asyncio.CancelledError) and _is_cancelled()):
                raise
            if self.must_answer:
                raise GraphileWorkerError(f"forbidden_flags gave no answer: {summary_of(error, 1000)}") from error
            self._retries.failed(error)
            return None
        self._retries.succeeded("forbidden_flags answers again")
        return flags


def _is_cancelled() -> bool:
    """Tells whether somebody has cancelled the current task."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
