"""Functions around handlers: async ones on the event loop, plain ones where the handler itself runs."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from .._basis.errors import GraphileWorkerError, InvalidArgument
from .._basis.printable import a_kind
from .._calls.job import Job
from .._hooks.hooks import name_of
from .elsewhere import has_to_be_awaited
from .results import ResultError, check, settled
from .signature import function_of, is_async, wraps_async

if TYPE_CHECKING:
    from .executors import Places
    from .task import Task

AsyncMiddleware = Callable[[Job, Callable[[], Awaitable[Any]]], Awaitable[Any]]
PlainMiddleware = Callable[[Job, Callable[[], Any]], Any]

_HINT = "It is async def around(job, call), which awaits call(), or def around(job, call)"


class Middleware:
    """What is around the handler of one task.

    `on_loop`: on the event loop, the first is outermost. `in_place`: within these, in the handler's thread or process.
    """

    def __init__(self, on_loop: Sequence[AsyncMiddleware], in_place: Sequence[PlainMiddleware]) -> None:
        self.on_loop = on_loop
        self.in_place = in_place

    @classmethod
    def of(cls, run_in: str, functions: Sequence[AsyncMiddleware | PlainMiddleware]) -> Middleware | None:
        """Returns what these are to a handler that runs there; None for nothing, plain ones around one on the loop."""
        on_loop = [function for function in functions if _is_async(function)]
        in_place = [function for function in functions if function not in on_loop]
        in_place = in_place if run_in in ("thread", "process") else []
        return cls(on_loop, in_place) if on_loop or in_place else None

    async def run(self, task: Task[Any], job: Job, arguments: tuple[Any, ...], places: Places) -> Any:
        """Calls the handler by way of the functions around it; returns what comes of that, and raises what it raises.

        Raises ResultError for a function that has returned before its `call` had ended.
        """
        runner = asyncio.current_task()

        async def call_handler() -> Any:
            is_here = task.run_in == "loop"
            return await settled(await (task.call(*arguments) if is_here else places.run(task, arguments, job, runner)))

        call: Callable[[], Coroutine[Any, Any, Any]] = call_handler
        for function in reversed(self.on_loop):
            call = partial(_around, function, job, call, task.is_batch)
        return await call()


def check_middleware(function: Any) -> None:
    """Raises InvalidArgument for what can't be called as `function(job, call)`."""
    if not callable(function) or inspect.isclass(function):
        raise InvalidArgument(f"{a_kind(function)} is no middleware", hint=_HINT)
    called = function_of(function)
    # What contextlib makes of a generator is called as it is, and makes a context manager.
    if getattr(called, "__globals__", {}).get("__name__") == "contextlib":
        called = inspect.unwrap(called)
    if inspect.isgeneratorfunction(called) or inspect.isasyncgenfunction(called):
        raise InvalidArgument(f"the middleware {name_of(function)} is a generator: calling it runs nothing", hint=_HINT)
    try:
        inspect.signature(function).bind(None, None)
    except TypeError:
        raise InvalidArgument(
            f"the middleware {name_of(function)}{inspect.signature(function)} can't be given (job, call)", hint=_HINT
        ) from None
    except ValueError:  # One in C, that says nothing about itself.
        pass


def own_middleware(functions: Any, task: Task[Any]) -> tuple[AsyncMiddleware | PlainMiddleware, ...]:
    """Returns what a task was given as its own `middleware`. Raises InvalidArgument for what would never run."""
    if isinstance(functions, str) or not isinstance(functions, Iterable):
        raise InvalidArgument(
            f"bad middleware of task {task.identifier!r}, {a_kind(functions)}", hint="It is a list of functions"
        )
    found = tuple(functions)
    for function in found:
        check_middleware(function)
        if task.run_in in ("loop", "executable") and not _is_async(function):
            kind = "an async function" if task.run_in == "loop" else "a program"
            raise InvalidArgument(
                f"the middleware {name_of(function)} is plain, and task {task.identifier!r} is {kind}",
                hint="A plain one runs in the thread or process of a handler. Around this one it is async def",
            )
    return found


def _is_async(function: Any) -> bool:
    return is_async(function) or wraps_async(function)


async def _around(
    function: AsyncMiddleware, job: Job, inner: Callable[[], Coroutine[Any, Any, Any]], is_batch: bool
) -> Any:
    call = _Call(function, inner)
    try:
        result = await settled(function(job, call))
        call.check()
    finally:
        await call.end()
    _check_batch(function, result, call.result, is_batch)
    return result


class _Call:
    """What an async middleware calls, and awaits, at most once."""

    def __init__(self, function: Callable[..., Any], inner: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        self.result: Any = None
        self._function = function
        self._inner = inner
        self._work: Coroutine[Any, Any, Any] | None = None
        self._task: asyncio.Task[Any] | None = None
        """Where the handler runs: a middleware may give it a task of its own."""

    def __call__(self) -> Coroutine[Any, Any, Any]:
        if self._work is not None:
            raise _called_twice(self._function)
        self._work = self._run()
        return self._work

    async def _run(self) -> Any:
        self._task = asyncio.current_task()
        self.result = await self._inner()
        return self.result

    def check(self) -> None:
        """Raises ResultError when the handler was asked for, and has not ended."""
        if self._work is not None and (state := inspect.getcoroutinestate(self._work)) != inspect.CORO_CLOSED:
            what = "has never awaited call()" if state == inspect.CORO_CREATED else "has ended before call() had"
            raise ResultError(f"the middleware {name_of(self._function)} {what}", hint="Write: return await call()")

    async def end(self) -> None:
        """Closes what was never awaited, and cancels what goes on, in a task that the middleware has left behind: a job
        that has ended does not run, nor one that was stopped.
        """
        if self._work is None:
            return
        state = inspect.getcoroutinestate(self._work)
        if state == inspect.CORO_CREATED:
            self._work.close()
        elif state == inspect.CORO_SUSPENDED and self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
            await asyncio.wait([self._task])
            if not self._task.cancelled():
                # So that asyncio does not say that nobody has asked for it.
                self._task.exception()


# In the thread or the process of a handler.


def call_in_place(functions: Sequence[PlainMiddleware], job: Job, is_batch: bool, handler: Callable[[], Any]) -> Any:
    """Calls a handler by way of the plain functions around it; see `Middleware`."""
    call: Callable[[], Any] = handler
    for function in reversed(functions):
        call = partial(_around_in_place, function, job, call, is_batch)
    return call()


def call_plain(handler: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Calls a handler in a thread. Raises ResultError when its work is not done once it has returned."""
    result = handler(*arguments)
    if has_to_be_awaited(result):
        _close(result)
        raise ResultError(
            f"a plain middleware is around a handler that returned {a_kind(result)}, which has to be awaited",
            hint="Make the handler async def, or the middleware",
        )
    check(result)
    return result


def _around_in_place(function: Callable[..., Any], job: Job, inner: Callable[[], Any], is_batch: bool) -> Any:
    call = _PlainCall(function, inner)
    result = function(job, call)
    call.check()
    if has_to_be_awaited(result):
        _close(result)
        raise ResultError(
            f"the middleware {name_of(function)} returned {a_kind(result)}, which has to be awaited",
            hint="Make it async def, and it runs on the event loop",
        )
    check(result)
    _check_batch(function, result, call.result, is_batch)
    return result


class _PlainCall:
    """What a plain middleware calls, at most once."""

    def __init__(self, function: Callable[..., Any], inner: Callable[[], Any]) -> None:
        self.result: Any = None
        self._function = function
        self._inner = inner
        self._is_called = self._goes_on = False

    def __call__(self) -> Any:
        if self._is_called:
            raise _called_twice(self._function)
        self._is_called = self._goes_on = True
        try:
            self.result = self._inner()
        finally:
            self._goes_on = False
        return self.result

    def check(self) -> None:
        """Raises ResultError when the handler was called, in a thread of the middleware's, and has not ended."""
        if self._goes_on:
            raise ResultError(
                f"the middleware {name_of(self._function)} has ended before call() had", hint="Write: return call()"
            )


def _check_batch(function: Callable[..., Any], result: Any, inner_result: Any, is_batch: bool) -> None:
    """Raises ResultError for a middleware that forgets what the items of a batch came to: they would count as done."""
    if is_batch and result is None and inner_result is not None:
        raise ResultError(
            f"the middleware {name_of(function)} returned None, and the batch a result for each item",
            hint="Write: return await call(), in a plain one: return call()",
        )


def _close(result: Any) -> None:
    if inspect.iscoroutine(result):
        result.close()


def _called_twice(function: Callable[..., Any]) -> GraphileWorkerError:
    return GraphileWorkerError(
        f"the middleware {name_of(function)} called call() twice",
        hint="A handler runs once in a run of its job; raise Retry to have the job tried again",
    )
