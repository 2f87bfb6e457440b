"""What the code of a task says of its jobs: how long they may take, when and whether they are tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from .._basis.arguments import duration, of, refuse
from .._basis.error_text import summary_of
from .._basis.log import logger
from .._basis.own_tasks import must_end
from .._calls.job import Job
from .._calls.retries import Exponential, Fixed, Linear, written
from .._hooks.endings import Ending, GiveUp, Retry
from .errors import BatchPartlyFailed, TaskProcessError

if TYPE_CHECKING:
    from .limit import Limit

RetryFunction = Callable[[int, BaseException], timedelta | None]
"""Of the attempts made and the error: the delay, or None for that of the database."""
Errors = type[BaseException] | Sequence[type[BaseException]]


_SAYS_NOTHING = (TaskProcessError, BatchPartlyFailed, asyncio.CancelledError)
"""What no handler has raised, so that `retry_on` can't name it: what a process has died of, or could not send, nobody
knows; items of a batch have failed; somebody has stopped the handler.
"""


_RETRY = "It is Exponential, Linear, Fixed, or a function of attempts and error; how often is max_attempts="


class PolicyOptions(TypedDict, total=False):
    """The options of a task that are its policy, besides `max_attempts` and `priority`.

    `timeout`: workers stop a job that takes longer. `retry`: the delays before other attempts, or a function that
    returns one. `expires_after`: what has not started so long after its time has failed. `bad_payload`: what does not
    fit the payload type is to fail for good, or to be tried again, as it is by default. `limit`: how many run at once,
    and start in a while, over all workers. `give_up_on`: what raises one of these has failed for good; `retry_on`: what
    raises anything else.
    """

    timeout: timedelta | None
    retry: Exponential | Linear | Fixed | RetryFunction | None
    expires_after: timedelta | None
    bad_payload: Literal["fail", "retry"] | None
    limit: Limit | None
    give_up_on: Errors
    retry_on: Errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The policy of a task, as its code says. Raises InvalidArgument for values that are out of bounds."""

    timeout: timedelta | None = None
    retry: Exponential | Linear | Fixed | RetryFunction | None = None
    max_attempts: int | None = None
    priority: int | None = None
    expires_after: timedelta | None = None
    bad_payload: Literal["fail", "retry"] | None = None
    limit: Limit | None = None
    give_up_on: Errors = ()
    retry_on: Errors = ()

    def __post_init__(self) -> None:
        for name in ("timeout", "expires_after"):
            value = getattr(self, name)
            if value is not None and duration(value, name) <= timedelta(0):
                refuse(name, value, "It is more than 0")
        for name, least, most in (("max_attempts", 1, 32767), ("priority", -32768, 32767)):
            value = getattr(self, name)
            if value is not None and not (type(value) is int and least <= value <= most):
                refuse(name, value, f"It is a whole number, {least} to {most}")
        if self.bad_payload not in (None, "fail", "retry"):
            refuse("bad_payload", self.bad_payload, "It is fail or retry")
        if self.limit is not None:
            # Whose tasks have no limits needs nothing of the module.
            from .limit import Limit

            of(Limit)(self.limit, "limit")
        if isinstance(self.retry, (Exponential, Linear, Fixed)):
            self.retry.document()
        elif self.retry is not None and not callable(self.retry):
            refuse("retry", self.retry, _RETRY)
        for name in ("give_up_on", "retry_on"):
            object.__setattr__(self, name, _errors(getattr(self, name), name))

    def document(self) -> dict[str, Any]:
        """Returns what the database is to know of it, besides the limit."""
        retry = self.retry
        values = {
            "timeout": None if self.timeout is None else written(self.timeout),
            "retry": retry.document() if isinstance(retry, (Exponential, Linear, Fixed)) else None,
            "max_attempts": self.max_attempts,
            "priority": self.priority,
            "expires_after": None if self.expires_after is None else written(self.expires_after),
            "bad_payload": self.bad_payload,
        }
        return {name: value for name, value in values.items() if value is not None}

    def decide(self, job: Job, error: BaseException) -> Ending | None:
        """Decides about a job that has failed; None leaves it to the database."""
        kind = type(error)
        # Not isinstance, which asks the error itself when its type says no.
        give_up_on, retry_on = tuple(self.give_up_on), tuple(self.retry_on)  # type: ignore[arg-type]  # Since checked.
        if issubclass(kind, give_up_on) or (retry_on and not issubclass(kind, (*retry_on, *_SAYS_NOTHING))):
            return GiveUp()
        if self.retry is None or isinstance(self.retry, (Exponential, Linear, Fixed)):
            return None
        try:
            return Retry(delay=self.retry(job.attempts, error))
        # A stranger's code may raise anything.
        except BaseException as raised:
            if must_end(raised):
                raise
            logger.error("the retry function of %s raised: %s", job.task_identifier, summary_of(raised))
            return None


def _errors(value: Any, name: str) -> tuple[type[BaseException], ...]:
    found = (value,) if isinstance(value, type) else value
    try:
        errors = tuple(found)
    except TypeError:
        errors = (None,)
    if not all(isinstance(error, type) and issubclass(error, BaseException) for error in errors):
        refuse(name, value, "It is a class of exceptions, or several in a tuple")
    return errors
