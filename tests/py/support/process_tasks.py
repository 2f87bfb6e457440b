"""Tasks that run in processes: a child imports this module to find them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest

from graphile_worker import Skip, TaskRegistry

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


def wait_to_be_ended(payload: dict[str, Any]) -> None:
    """Notes its process id, and that of a child; a stubborn one won't be ended by SIGTERM, nor will its child."""
    if payload["stubborn"]:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with subprocess.Popen(["sleep", "600"]) as child:
        note(payload["path"], os.getpid(), child.pid)
        while True:
            time.sleep(0.05)


def note(path: str, *pids: int) -> None:
    """Writes process ids as a whole, so that nobody reads half of it."""
    unfinished = Path(f"{path}.unfinished")
    unfinished.write_text(" ".join(map(str, pids)))
    unfinished.rename(path)


def wait_for_file(payload: dict[str, Any]) -> None:
    """Notes its process id, and ends once the other file is there."""
    note(payload["path"], os.getpid())
    while not Path(payload["go_on"]).exists():
        time.sleep(0.02)


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


class Panic(BaseException):
    """Is no Exception."""


class Unformattable(Exception):
    """Raises whenever somebody wants to look at it."""

    def __str__(self) -> str:
        raise Panic

    __repr__ = __str__

    def __getattr__(self, name: str) -> Any:
        raise Panic(name)


class Unpicklable(Exception):
    """Raises when it is to be sent."""

    def __reduce__(self) -> Any:
        raise Panic


class UnreadableElsewhere(Exception):
    """Can be made anew in the process that has made it, and nowhere else."""

    def __reduce__(self) -> Any:
        return _make_in, (os.getpid(),)


def _make_in(pid: int) -> UnreadableElsewhere:
    if os.getpid() != pid:
        raise Panic
    return UnreadableElsewhere()


ERRORS: dict[str, Callable[[], BaseException]] = {
    "keyboard_interrupt": KeyboardInterrupt,
    "generator_exit": GeneratorExit,
    "system_exit": lambda: SystemExit(3),
    "panic": lambda: Panic("x"),
    "group": lambda: BaseExceptionGroup("group", [Panic("x"), ValueError("y")]),
    "stop_iteration": lambda: StopIteration("x"),
    "pytest_fail": lambda: pytest.fail.Exception("x"),
    "unformattable": Unformattable,
    "unpicklable": Unpicklable,
    "unreadable_elsewhere": UnreadableElsewhere,
    "100_mb": lambda: ValueError("x" * 100_000_000),
    "deep": lambda: ValueError(_deep(100_000)),
}


def _deep(depth: int) -> list[Any]:
    nest: list[Any] = []
    for _ in range(depth):
        nest = [nest]
    return nest


def raise_error(payload: str) -> None:
    """Raises the error of that name, in a thread or a process."""
    error = ERRORS[payload]()
    raise error


async def _raise_later(payload: str) -> None:
    await asyncio.sleep(0)
    error = ERRORS[payload]()
    raise error


def return_what_raises(payload: str) -> Any:
    """Returns a coroutine that raises the error of that name."""
    return _raise_later(payload)


def pid_of_process() -> int:
    """The process that it ran in."""
    return os.getpid()


async def _pid_later() -> int:
    await asyncio.sleep(0)
    return os.getpid()


def return_a_coroutine() -> Any:
    """Looks plain, and is not."""
    return _pid_later()


def return_a_generator() -> Any:
    """Runs nothing."""
    return (number for number in range(3))


def return_a_lock() -> Any:
    """What it returns can't be sent, and the work is done."""
    return threading.Lock()


def return_what_can_be_read_nowhere() -> Any:
    """The work is done."""
    return [UnreadableElsewhere()]


def return_skip() -> Any:
    """A decision of the hooks."""
    return Skip()
