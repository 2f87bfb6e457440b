"""Handlers in processes: the processes, and what one of them does."""

from __future__ import annotations

import asyncio
import contextvars
import importlib
import inspect
import multiprocessing
import os
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any, NamedTuple

from .._basis.error_text import describe
from .._basis.errors import InvalidArgument
from .._basis.printable import an
from .elsewhere import Raised, has_to_be_awaited, settled_as_value
from .errors import RaisedElsewhere, TaskProcessError
from .guard import Guard
from .process_groups import end_group
from .results import check

if TYPE_CHECKING:
    from .._calls.job import Job
    from .task import Task

_OURS = (__name__, f"{__package__}.middleware")
"""Modules whose frames are of no interest to the author of a handler."""
_LARGEST_ERROR = 1_000_000
"""Bytes of an exception that is sent as it is; of a larger one its text is sent."""


class Processes:
    """Processes that run a job each, made when they are needed: what happens to one concerns no other's job."""

    def __init__(self, size: int, guard: Guard) -> None:
        self._guard = guard
        self._slots = asyncio.Semaphore(size)
        self._children: set[_Child] = set()
        self._idle: list[_Child] = []

    async def run(self, task: Task[Any], arguments: tuple[Any, ...], job: Job | None = None) -> Any:
        """Calls the handler in a child. Raises what it raises, or TaskProcessError when the child dies.

        One that is cancelled ends the child, and what it has started in its process group, before it returns.
        """
        # As bytes: what can't be read at the other end would end the child.
        call = pickle.dumps(arguments)
        around = _Around.of(task, job)
        async with self._slots:
            child = self._take()
            try:
                answer = await child.call(
                    task.handler.__module__, task.handler.__qualname__, call, task.is_batch, around
                )
            except BaseException as error:
                try:
                    await child.end()
                finally:
                    self._children.discard(child)
                if isinstance(error, BrokenProcessPool):
                    # It was killed, ran out of memory, or crashed.
                    raise TaskProcessError("a process of this worker died while it ran the job") from error
                raise
            self._idle.append(child)
        try:
            value = pickle.loads(answer.pickled)  # noqa: S301  # What a child of ours has made.
        except BaseException as error:  # Whatever its constructor raises.
            if not answer.is_needed:
                return None
            raise TaskProcessError(f"a process sent {an(answer.type_name)} that can't be read here") from error
        if isinstance(value, Raised):
            raise value.error
        return value

    def close(self) -> None:
        """Tells the processes to end, and does not wait for them."""
        for child in self._children:
            child.close()

    def _take(self) -> _Child:
        while self._idle:
            child = self._idle.pop()
            if child.lives():
                return child
            self._children.discard(child)
            child.close()
        child = _Child(self._guard)
        self._children.add(child)
        return child


class _Child:
    """A pool of one process: of several, one that ends takes the jobs of all others with it."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        # Not fork: the child would inherit connections and locks in whatever state they are.
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=_begin, initargs=(guard.open(),))
        self._process: BaseProcess | None = None

    async def call(self, *call: Any) -> _Answer:
        """Sends the process a job, and returns what comes of it; BrokenProcessPool when it dies."""
        answer = self._pool.submit(_run, *call)
        if self._process is None:
            # There is no public way to end one that is busy.
            self._process = next(iter((self._pool._processes or {}).values()), None)  # noqa: SLF001
        return await asyncio.wrap_future(answer)

    def lives(self) -> bool:
        return self._process is not None and self._process.is_alive()

    def close(self) -> None:
        """Tells the process to end, and does not wait for it."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._process is not None:
            self._process.terminate()

    async def end(self) -> None:
        """Ends the process, whatever it does, and what it has started in its process group."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._process is not None and self._process.pid is not None:
            await end_group(self._process, self.lives)
            self._guard.remove(self._process.pid)


def check_importable(handler: Any, identifier: str) -> None:
    """Refuses a handler that a process can't find by the names of module and function."""
    name = getattr(handler, "__qualname__", None)
    owner = getattr(handler, "__self__", None)
    if name is None or "<" in name or not (owner is None or inspect.isclass(owner) or inspect.isbuiltin(handler)):
        raise InvalidArgument(
            f"task {identifier!r} runs in a process, which can't find {name or repr(handler)}",
            hint="It is a function at the top of a module that can be imported",
        )


class _Answer(NamedTuple):
    """What a handler returned, or a Raised."""

    pickled: bytes
    type_name: str
    is_needed: bool = True
    """Whether a value that can't be sent or read is a failure; of one that is no batch the work is done anyhow."""


def _begin(guard: Connection | None) -> None:
    """Gives a child, before its first job, a session of its own, which ends with the worker."""
    if guard is None:
        return
    # Its group is the child and what it has started. It also keeps Ctrl-C from it: the worker decides when it ends.
    os.setsid()
    # Somebody may have killed the guard; jobs run all the same.
    with guard, suppress(OSError):
        os.write(guard.fileno(), b"+%d\n" % os.getpid())


class _Around(NamedTuple):
    """The plain middleware of a job, by the names of module and function."""

    names: list[tuple[str, str]]
    job: Job
    is_batch: bool

    @classmethod
    def of(cls, task: Task[Any], job: Job | None) -> _Around | None:
        if job is None or task.middleware is None or not task.middleware.in_place:
            return None
        names = [(it.__module__, it.__qualname__) for it in task.middleware.in_place]
        return cls(names, job, task.is_batch)

    def find(self) -> Callable[[Callable[[], Any]], Any]:
        """Imports the middleware; returns what calls a handler within it."""
        from .middleware import call_in_place

        return partial(call_in_place, [_find(*it) for it in self.names], self.job, self.is_batch)


def _find(module: str, name: str) -> Any:
    target: Any = importlib.import_module(module)
    for part in name.split("."):
        target = getattr(target, part)
    return target


def _run(module: str, name: str, call: bytes, needs_result: bool, around: _Around | None) -> _Answer:
    """Runs a job in a child; `name` stands for the Task that the decorator has put there, or for the function."""
    try:
        # Before the module of the handler: it may set up what that needs.
        middleware = around.find() if around is not None else None
        target = _find(module, name)
        innermost = partial(_run_to_its_end, getattr(target, "handler", target), pickle.loads(call))  # noqa: S301
        run = contextvars.copy_context().run
        result = run(innermost) if middleware is None else run(middleware, innermost)
    except BaseException as error:  # The process is ours, and what a stranger's code raises is its job's failure.
        return _answer_of_error(error)
    try:
        return _Answer(pickle.dumps(result), type(result).__name__, is_needed=needs_result)
    except BaseException as error:  # Whatever its methods raise.
        return _answer_of_error(error) if needs_result else _Answer(pickle.dumps(None), "NoneType")


def _run_to_its_end(handler: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    result = handler(*arguments)
    if result is not None and has_to_be_awaited(result):
        result = asyncio.run(settled_as_value(result))
        if isinstance(result, Raised):
            raise result.error
        return result
    # Checked here, as the result may be nothing that can be sent.
    check(result)
    return result


def _answer_of_error(error: BaseException) -> _Answer:
    name = type(error).__qualname__
    try:
        pickled = pickle.dumps(Raised(error))
        if len(pickled) <= _LARGEST_ERROR:
            pickle.loads(pickled)  # noqa: S301  # What has just been made here.
            return _Answer(pickled, name)
    except BaseException:  # noqa: S110  # One that can't be made anew from its args, and whatever its methods raise.
        pass
    return _Answer(pickle.dumps(Raised(RaisedElsewhere(describe(error, without=_OURS)))), name)
