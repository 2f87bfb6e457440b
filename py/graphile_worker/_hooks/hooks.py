"""Hooks: observers are told what happens, interceptors have a say in it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol, TypeVar

from .._basis.error_text import describe
from .._basis.errors import GraphileWorkerError
from .._basis.log import logger
from .._basis.own_tasks import must_end, shake_off
from . import events
from .endings import Ending
from .events import Decision, Event, Fail, Proceed, Skip

E = TypeVar("E", bound=Event)
Observer = Callable[[E], Awaitable[None] | None]
Interceptor = Callable[[E], Awaitable[Decision | None] | Decision | None]


OF_RUNS: tuple[type[Event], ...] = (events.BeforeJobRun, events.JobStart, events.AfterJobRun, events.JobComplete)


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
            self.tells_of_runs = self.tells_of_runs or event in OF_RUNS
            return function

        return register

    def wants(self, event: type[Event]) -> bool:
        """Tells whether a hook listens for the event, so that an event without listeners costs nothing."""
        return event in self._functions

    async def emit(self, event: Event) -> None:
        """Tells the observers."""
        for function in self._functions.get(type(event), ()):
            await self._call(function, event)

    async def decide(self, event: Event) -> Decision:
        """Asks the interceptors, until one does not say Proceed; a payload that one gives is what the next one gets."""
        chain = _Chain(event)
        for function in self._functions.get(type(event), ()):
            if chain.settled_by(await self._call(function, chain.event)):
                break
        return chain.decision

    def decide_plain(self, event: Event) -> Decision:
        """Decides like `decide`, without an event loop. Raises GraphileWorkerError for an async interceptor."""
        chain = _Chain(event)
        for function in self._functions.get(type(event), ()):
            try:
                answer = function(chain.event)
            # A stranger's code may raise anything.
            except BaseException as error:
                if must_end(error):
                    raise
                _log_error(function, event, error)
                continue
            if inspect.iscoroutine(answer):
                answer.close()
            if inspect.isawaitable(answer):
                raise GraphileWorkerError(
                    f"the hook {_name(function)} is async, and was called by the plain Client",
                    hint="Make it a plain function, which serves both clients, or use AsyncClient",
                )
            if chain.settled_by(answer):
                break
        return chain.decision

    async def _call(self, function: Callable[[Any], Any], event: Event) -> Any:
        try:
            answer = function(event)
            if inspect.isawaitable(answer):
                answer = await answer
        # A stranger's code may raise anything, and cancel the task that it runs in.
        except BaseException as error:
            if must_end(error):
                raise
            _log_error(function, event, error)
            if (task := asyncio.current_task()) is not None and task.cancelling():
                await shake_off(task)
            return None
        return answer


class _Chain:
    """The decision about an event, and the event with its latest payload, while the interceptors are asked."""

    def __init__(self, event: Event) -> None:
        self.event = event
        self.decision: Decision = Proceed()

    def settled_by(self, answer: object) -> bool:
        if (
            isinstance(answer, (Skip, Fail))
            or (isinstance(answer, events.Reschedule) and isinstance(self.event, events.JobRecovery))
            or (isinstance(answer, Ending) and isinstance(self.event, (events.BeforeJobRun, events.AfterJobRun)))
        ):
            self.decision = answer
            return True
        if isinstance(answer, Proceed) and answer.changes_payload:
            self.decision = answer
            self.event = self.event.with_payload(answer.payload)
        return False


def _log_error(function: Callable[[Any], Any], event: Event, error: BaseException) -> None:
    # Not the event itself: there are payloads in it. Nor the error: whoever writes the log would have to be as careful.
    text = describe(error, without=(__name__,))
    logger.error("the hook %s raised at %s: %s", _name(function), type(event).__name__, text)


def _name(function: Callable[[Any], Any]) -> str:
    return getattr(function, "__qualname__", repr(function))
