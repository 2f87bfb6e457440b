"""Tasks that run in processes: a child imports this module to find them."""

from __future__ import annotations

import os
import signal
import time
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from graphile_worker import TaskRegistry

tasks = TaskRegistry()


@tasks.task(run_in="process")
def write_pid(payload: dict[str, str]) -> None:
    Path(payload["path"]).write_text(str(os.getpid()))


@tasks.task(run_in="process")
def crash(payload: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@tasks.task(run_in="process")
def explode(payload: dict[str, str]) -> None:
    raise ValueError(payload["why"])


@tasks.task(run_in="process")
def forever(payload: dict[str, str]) -> None:
    Path(payload["path"]).write_text("started")
    while True:
        time.sleep(0.05)


class Unsendable(Exception):
    """Its args are not those of its constructor: unpickling it raises."""

    def __init__(self, text: str, _code: int) -> None:
        super().__init__(text)


@tasks.task(run_in="process")
def raise_what_can_not_be_sent() -> None:
    raise Unsendable("x", 1)


_entered: ContextVar[bool] = ContextVar("entered", default=False)


@tasks.task(run_in="process")
def enter_context() -> None:
    assert not _entered.get()
    _entered.set(True)
