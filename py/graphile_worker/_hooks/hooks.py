"""Hooks: observers are told what happens, interceptors have a say in it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Generic, Protocol, TypeVar

from .._basis.error_text import describe
from .._basis.log import logger
from .._basis.own_tasks import must_end, shake_off
from .decisions import Decision, Event, Fail, Proceed, Reschedule, Skip
from .endings import Ending

E = TypeVar("E", bound=Event)
Observer = Callable[[E], Awaitable[None] | None]
Interceptor = Callable[[E], Awaitable[Decision | None] | Decision | None]


_OURS = (__name__, f"{__package__}.plain")
"""Modules whose frames are of no interest to the author of a hook."""


class Plugin(Protocol):
    """Registers several hooks at once."""

    def register(self, hooks: Hooks) -> None: ...


class Hooks:
    """The hooks of a worker, or of a client.

    >>> hooks = Hooks()
    >>> @hooks.on(JobComplete)
    ... def count(event: JobComplete) -> None:
    ...     print(event.job.task_identifier, event.duration)

    Observers and interceptors are async or plain functions, called one after the other in the order of registration on
    the worker's event loop, so they should be quick. One that raises is logged and otherwise ignored: it never loses
    a job, and never decides about one.
    """

    def __init__(self, plugins: Iterable[Plugin] = ()) -> None:
        self._functions: dict[type[Event], list[Callable[[Any], Any]]] = {}
        self.tells_of_runs = False
        """Whether anybody listens to what happens with every job: one question in place of four."""
        for plugin in plugins:
            plugin.register(self)

    def on(self, event: type[E]) -> Callable[[Callable[[E], Any]], Callable[[E], Any]]:
        """Registers a function for a class of events: an observer, or for the events that say so an interceptor."""

        def register(function: Callable[[E], Any]) -> Callable[[E], Any]:
            self._functions.setdefault(event, []).append(function)
            self.tells_of_runs = self.tells_of_runs or event.is_of_each_run
            return function

        return register

    def wants(self, event: type[Event]) -> bool:
        """Tells whether a hook listens for the event, so that an event without listeners costs nothing."""
        return event in self._functions

    def of(self, event: Event) -> Iterable[Callable[[Any], Any]]:
        """Returns the functions that are registered for an event, in their order."""
        return self._functions.get(type(event), ())

    async def emit(self, event: Event) -> None:
        """Tells the observers."""
        for function in self.of(event):
            await self._call(function, event)

    async def decide(self, event: Event) -> Decision:
        """Asks the interceptors, until one does not say Proceed."""
        return (await self.decided(event)).decision

    async def decided(self, event: E) -> Chain[E]:
        """Asks like `decide`; what one changes is what the next one gets, and what the answer's `event` has."""
        chain = Chain(event)
        for function in self.of(event):
            if chain.settled_by(await self._call(function, chain.event)):
                break
        return chain

    async def _call(self, function: Callable[[Any], Any], event: Event) -> Any:
        try:
            answer = function(event)
            if inspect.isawaitable(answer):
                answer = await answer
        # A stranger's code may raise anything, and cancel the task that it runs in.
        except BaseException as error:
            if must_end(error):
                raise
            log_error(function, event, error)
            if (task := asyncio.current_task()) is not None and task.cancelling():
                await shake_off(task)
            return None
        return answer


class Chain(Generic[E]):
    """The decision about an event, and the event as it was changed, while the interceptors are asked."""

    def __init__(self, event: E) -> None:
        self.event = event
        self.decision: Decision = Proceed()

    def settled_by(self, answer: object) -> bool:
        if (
            isinstance(answer, (Skip, Fail))
            or (isinstance(answer, Reschedule) and self.event.may_be_rescheduled)
            or (isinstance(answer, Ending) and self.event.may_be_ended)
        ):
            self.decision = answer
            return True
        if isinstance(answer, Proceed):
            self.event = self.event.changed_by(answer)
        return False


def log_error(function: Callable[[Any], Any], event: Event, error: BaseException) -> None:
    """Logs what a hook has raised."""
    # Not the event itself: there are payloads in it. Nor the error: whoever writes the log would have to be as careful.
    text = describe(error, without=_OURS)
    logger.error("the hook %s raised at %s: %s", name_of(function), type(event).__name__, text)


def name_of(function: Callable[[Any], Any]) -> str:
    """Returns the name of a hook for people."""
    return getattr(function, "__qualname__", repr(function))
