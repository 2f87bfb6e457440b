"""Clients for code that does not run on the event loop of the client's connections: calls go there and back."""

from __future__ import annotations

import asyncio
from asyncio import _get_running_loop as running_loop
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from .._basis.errors import GraphileWorkerError
from .._calls.call import Call
from .._calls.rows import JobKeyMode, JobSpec
from .._client.async_client import AsyncClient
from .._client.client import Client

if TYPE_CHECKING:
    from .._calls.unique import Unique

T = TypeVar("T")

_LOOK = 1.0
"""Seconds between looks whether the loop is still there."""


class FarClient(Client):
    """A plain client in a thread, on the connections and hooks of an async one.

    `loop` is where that one lives. With None its calls have to end without waiting for anything, as those of a
    RecordingClient do. `check`, which is called before each call, raises when the job must make no more.
    """

    def __init__(
        self,
        client: AsyncClient,
        loop: asyncio.AbstractEventLoop | None,
        check: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(_nowhere, schema=client.schema, hooks=client._hooks, worker_id=client.worker_id)  # noqa: SLF001
        self._client = client
        self._loop = loop
        self._check = check

    def close(self) -> None:
        """Leaves the connections open: they are the worker's."""

    def _run(self, call: Call[T]) -> T:
        return self._finish(self._client._run(call))  # noqa: SLF001

    def _intercept(self, spec: JobSpec, job_key_mode: JobKeyMode, unique: Unique | None) -> JobSpec | None:
        return self._finish(self._client._intercept(spec, job_key_mode, unique))  # noqa: SLF001

    def _add_all(self, specs: Sequence[JobSpec], job_key_preserve_run_at: bool) -> list[int]:
        return self._finish(self._client._add_all(specs, job_key_preserve_run_at))  # noqa: SLF001

    def _finish(self, work: Coroutine[Any, Any, T]) -> T:
        _check(self._check, work)
        if self._loop is None:
            return _run_without_loop(self._client, work)
        if running_loop() is self._loop:
            work.close()
            raise GraphileWorkerError(
                "the client of a thread was used on the worker's event loop, which it would block",
                hint="Take context.client where it is used: on the event loop it is an AsyncClient",
            )
        future = asyncio.run_coroutine_threadsafe(work, _open(self._loop, work))
        while True:
            try:
                return future.result(_LOOK)
            except TimeoutError:
                if future.done():
                    return future.result()
                # A handler that nobody could interrupt goes on without its worker.
                if self._loop.is_closed():
                    raise _gone() from None


class AsyncFarClient(AsyncClient):
    """An async client on another event loop than the one of the connections, say within asyncio.run in a thread."""

    def __init__(
        self, client: AsyncClient, loop: asyncio.AbstractEventLoop, check: Callable[[], None] | None = None
    ) -> None:
        super().__init__(_async_nowhere, schema=client.schema, hooks=client._hooks, worker_id=client.worker_id)  # noqa: SLF001
        self._client = client
        self._loop = loop
        self._check = check

    async def close(self) -> None:
        """Leaves the connections open: they are the worker's."""

    async def _run(self, call: Call[T]) -> T:
        return await self._finish(self._client._run(call))  # noqa: SLF001

    async def _intercept(self, spec: JobSpec, job_key_mode: JobKeyMode, unique: Unique | None) -> JobSpec | None:
        return await self._finish(self._client._intercept(spec, job_key_mode, unique))  # noqa: SLF001

    async def _add_all(self, specs: Sequence[JobSpec], job_key_preserve_run_at: bool) -> list[int]:
        return await self._finish(self._client._add_all(specs, job_key_preserve_run_at))  # noqa: SLF001

    async def _finish(self, work: Coroutine[Any, Any, T]) -> T:
        _check(self._check, work)
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, _open(self._loop, work)))


def _check(check: Callable[[], None] | None, work: Coroutine[Any, Any, Any]) -> None:
    if check is not None:
        try:
            check()
        except BaseException:
            work.close()
            raise


def _open(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any]) -> asyncio.AbstractEventLoop:
    if loop.is_closed():
        work.close()
        raise _gone()
    return loop


def _gone() -> GraphileWorkerError:
    return GraphileWorkerError("the worker of this job has stopped, and its connections with it")


def _run_without_loop(client: AsyncClient, work: Coroutine[Any, Any, T]) -> T:
    if getattr(client, "needs_loop", True):
        work.close()
        raise GraphileWorkerError(
            "an AsyncClient was used where no event loop runs",
            hint="Give a plain one, tasks.use(Client(...)) or client=, or call this in async code and await it",
        )
    try:
        work.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    raise AssertionError


def _nowhere() -> Any:
    raise AssertionError


async def _async_nowhere() -> Any:
    raise AssertionError
