"""The worker's event loop, as the thread of the heartbeats sees it."""

from __future__ import annotations

import asyncio
import sys
import threading
import traceback
from collections.abc import Callable, Container, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from types import FrameType
from typing import Any, TypeVar

from .._basis.own_tasks import adopt

T = TypeVar("T")
_MOST_FRAMES = 100


class WorkerLoop:
    """Has things done on the event loop of the worker. All but `attach` may be called from any thread."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop
        self._thread_id = 0

    def attach(self) -> None:
        """Makes the running event loop that of the worker."""
        self._loop = asyncio.get_running_loop()
        self._thread_id = threading.get_ident()

    @property
    def is_closed(self) -> bool:
        """Tells whether nobody is left to run what the worker holds."""
        return self._loop.is_closed()

    def tell(self, listener: Callable[..., object], *values: object) -> None:
        """Calls a function on the loop; nothing happens when that has ended."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(listener, *values)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Runs a coroutine on the loop."""
        return asyncio.run_coroutine_threadsafe(_contained(coroutine), self._loop)

    def current_task(self) -> asyncio.Task[Any] | None:
        """Returns the task that the loop is in the middle of; None when it waits, or has ended."""
        return asyncio.current_task(self._loop)

    def ask(self) -> Future[None]:
        """Returns a future that is done once the loop gets round to it."""
        answer: Future[None] = Future()
        self.tell(answer.set_result, None)
        return answer

    def place(self) -> str:
        """Returns the line of code that the loop's thread is at."""
        frame = self._frame()
        return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "an unknown place"

    def stack(self) -> traceback.StackSummary:
        """Returns where the loop's thread is, the call that it is in last."""
        frame = self._frame()
        return traceback.StackSummary() if frame is None else traceback.extract_stack(frame, _MOST_FRAMES)

    def is_in(self, files: Container[str | None]) -> bool:
        """Tells whether the loop's thread is in a call that one of these files has to do with."""
        return any(frame.f_code.co_filename in files for frame, _ in traceback.walk_stack(self._frame()))

    def _frame(self) -> FrameType | None:
        return sys._current_frames().get(self._thread_id)  # noqa: SLF001  # Public: it is in the manual.


async def _contained(coroutine: Coroutine[Any, Any, T]) -> T:
    # The hooks: what they raise does not end the event loop.
    adopt()
    return await coroutine
