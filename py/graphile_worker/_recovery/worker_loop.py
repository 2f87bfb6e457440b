"""The worker's event loop, as the thread of the heartbeats sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from .._basis.own_tasks import adopt
from .._calls.operator_rows import SweptWorker

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TakenForDead:
    """Others took ids of this worker for dead: {id: the new one in its place}."""

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

    def attach(self) -> None:
        """Makes the running event loop the one."""
        self._loop = asyncio.get_running_loop()
        self._messages = asyncio.Queue()

    @property
    def is_closed(self) -> bool:
        """Whether nobody is left to run what the worker holds."""
        return self._loop.is_closed()

    def tell(self, message: Message) -> None:
        """Sends a message, from any thread; nothing happens when the loop has ended."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._messages.put_nowait, message)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Has a coroutine run, from another thread."""
        return asyncio.run_coroutine_threadsafe(_contained(coroutine), self._loop)

    async def next_message(self) -> Message:
        """Waits for the next message. On the loop itself."""
        return await self._messages.get()


async def _contained(coroutine: Coroutine[Any, Any, T]) -> T:
    # The hooks: what they raise does not end the event loop.
    adopt()
    return await coroutine
