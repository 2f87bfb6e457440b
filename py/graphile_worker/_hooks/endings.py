"""How a job ends by the word of its handler, or of a hook: these are raised, or returned."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from .._basis.arguments import duration, instant, refuse, text
from .._basis.errors import InvalidArgument

_LONGEST = timedelta(days=3650)


class Ending(Exception):  # It is no error, but has to be raised where a handler is deep in calls.
    """The base of what a handler raises, or returns, and an interceptor of BeforeJobRun or AfterJobRun returns."""

    is_failure = False
    """Whether the attempt counts, and the reason becomes the job's last_error."""

    def __init__(self, reason: str | None = None) -> None:
        self.reason = None if reason is None else text(reason, "reason")
        super().__init__(*([] if reason is None else [self.reason]))


class Retry(Ending):
    """The job has failed, and is tried again after `delay`; None: after that of its policy.

    As ever it has failed for good once its attempts are used up. Raises InvalidArgument for a delay that is none, or
    longer than 10 years. `raise ... from error` keeps the error in last_error.

    >>> raise Retry("the bank is closed", delay=timedelta(hours=1))  # doctest: +SKIP
    """

    is_failure = True

    def __init__(self, reason: str | None = None, *, delay: timedelta | None = None) -> None:
        super().__init__(reason)
        self.delay = None if delay is None else _delay(delay)

    def __reduce__(self) -> Any:
        return partial(Retry, self.reason, delay=self.delay), ()

    def __str__(self) -> str:
        return self.reason or "The task wants to be tried again"


class GiveUp(Ending):
    """The job has failed for good, however many attempts it has left.

    >>> raise GiveUp("no such customer")  # doctest: +SKIP
    """

    is_failure = True

    def __str__(self) -> str:
        return "Given up" if self.reason is None else f"Given up: {self.reason}"


class Snooze(Ending):
    """The job is put off, by `delay` or `until` an instant, and the attempt is not counted.

    Raises InvalidArgument unless there is one of them, a delay of 0 to 10 years, or an instant with a time zone.

    >>> raise Snooze(delay=timedelta(minutes=1))  # doctest: +SKIP
    """

    def __init__(
        self, reason: str | None = None, *, delay: timedelta | None = None, until: datetime | None = None
    ) -> None:
        super().__init__(reason)
        if (delay is None) == (until is None):
            raise InvalidArgument("Snooze needs one of delay and until", hint="Snooze(delay=timedelta(minutes=1))")
        self.delay = None if delay is None else _delay(delay)
        self.until = None if until is None else instant(until, "until")

    def __reduce__(self) -> Any:
        return partial(Snooze, self.reason, delay=self.delay, until=self.until), ()

    def __str__(self) -> str:
        when = f"by {self.delay}" if self.until is None else f"until {self.until.isoformat()}"
        return f"Put off {when}" if self.reason is None else f"Put off {when}: {self.reason}"


class Discard(Ending):
    """The job counts as done, though its work was not: it is deleted, and the log says why.

    >>> raise Discard("the customer is gone")  # doctest: +SKIP
    """

    def __str__(self) -> str:
        return "Discarded" if self.reason is None else f"Discarded: {self.reason}"


def _delay(value: timedelta) -> timedelta:
    if not timedelta(0) <= duration(value, "delay") <= _LONGEST:
        refuse("delay", value, "It is 0 to 10 years")
    return value
