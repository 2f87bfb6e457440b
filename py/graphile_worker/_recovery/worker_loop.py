"""The worker's event loop, as the thread of the heartbeats sees it."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from .._basis.own_tasks import adopt
from .._calls.rows import SweptWorker

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TakenForDead:
    """Others took ids of this worker for dead: {id: the new id in its place}."""

    replacements: dict[str, str]


@dataclass(frozen=True, slots=True)
class DeadFound:
    """Dead workers were found, and what they held was taken back."""

    workers: list[SweptWorker]


Message = TakenForDead | DeadFound


class WorkerLoop:
    """Carries messages to the event loop of the worker, and has coroutines run there."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop
        self._messages: asyncio.Queue[Message]
        self._thread_id = 0

    def attach(self) -> None:
        """Makes the running event loop that of the worker."""
        self._loop = asyncio.get_running_loop()
        self._messages = asyncio.Queue()
        self._thread_id = threading.get_ident()

    @property
    def is_closed(self) -> bool:
        """Tells whether nobody is left to run what the worker holds."""
        return self._loop.is_closed()

    def tell(self, message: Message) -> None:
        """Sends a message, from any thread; nothing happens when the loop has ended."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._messages.put_nowait, message)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Runs a coroutine on the loop. Called from another thread."""
        return asyncio.run_coroutine_threadsafe(_contained(coroutine), self._loop)

    def current_task(self) -> asyncio.Task[Any] | None:
        """Returns the task that the loop is in the middle of; None when it waits, or has ended. From any thread."""
        return asyncio.current_task(self._loop)

    def ask(self) -> Future[None]:
        """Returns a future that is done once the loop gets round to it. Called from another thread."""
        answer: Future[None] = Future()
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(answer.set_result, None)
        return answer

    def place(self) -> str:
        """Returns the line of code that the loop's thread is at. Called from another thread."""
        frame = sys._current_frames().get(self._thread_id)  # noqa: SLF001  # Public: it is in the manual.
        return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "an unknown place"

    async def next_message(self) -> Message:
        """Waits for the next message. Called on the loop itself."""
        return await self._messages.get()


async def _contained(coroutine: Coroutine[Any, Any, T]) -> T:
    # The hooks: what they raise does not end the event loop.
    adopt()
    return await coroutine
