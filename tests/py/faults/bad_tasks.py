"""Exceptions as bad as they come, and tasks that raise them; a process imports this file by its name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from graphile_worker import JobContext, TaskRegistry


class Panic(BaseException):
    """As those of foreign runtimes are, and what some time-out libraries raise."""


class AttributesRaise(Exception):
    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"no {name}, and no AttributeError")


class AttributesRecurse(Exception):
    def __getattr__(self, name: str) -> Any:
        return self.forwarded_to  # Which is looked for in the same way.


class EveryAttributeRaises(Exception):
    def __getattribute__(self, name: str) -> Any:
        raise Panic(name)


class TextRaises(Exception):
    def __str__(self) -> str:
        raise Panic("no text")

    __repr__ = __str__


class TextIsNone(Exception):
    def __str__(self) -> str:
        return None  # type: ignore[return-value]


class OddText(str):
    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        raise Panic("not even a part of it")

    __len__ = __str__ = __getitem__  # type: ignore[assignment]


def _noted() -> BaseException:
    error = ValueError("the message: with more")
    error.add_note("a note")
    error.add_note("x" * 5_000_000)
    return error


def _deep() -> BaseException:
    error: BaseException = ValueError("the innermost")
    for _ in range(3000):
        error = ExceptionGroup("around it", [error])  # type: ignore[list-item]
    return error


def _chained() -> BaseException:
    error = first = ValueError("link 0")
    for number in range(3000):
        error.__cause__ = error = ValueError(f"link {number}")
    error.__cause__ = first
    return first


KINDS: dict[str, Callable[[], BaseException]] = {
    "ordinary": lambda: ValueError("bad luck"),
    "panic": lambda: Panic("panicked"),
    "generator_exit": lambda: GeneratorExit("left"),
    "group": lambda: BaseExceptionGroup("several", [Panic("one"), KeyboardInterrupt()]),
    "pytest_fail": lambda: pytest.fail.Exception("an assertion helper"),
    "keyboard_interrupt": lambda: KeyboardInterrupt("pressed"),
    "system_exit": lambda: SystemExit(3),
    "cancelled": lambda: asyncio.CancelledError("nobody asked"),
    "stop_iteration": lambda: StopIteration(1),
    "stop_async_iteration": StopAsyncIteration,
    "attributes_raise": lambda: AttributesRaise("hidden"),
    "attributes_recurse": lambda: AttributesRecurse("hidden"),
    "every_attribute_raises": lambda: EveryAttributeRaises("hidden"),
    "text_raises": lambda: TextRaises("hidden"),
    "text_is_none": lambda: TextIsNone("hidden"),
    "odd_text": lambda: ValueError(OddText("hidden")),
    "empty": ValueError,
    "line_break": lambda: ValueError("\n\nbelow"),
    "five_megabytes": lambda: ValueError("x" * 5_000_000),
    "five_megabytes_of_breaks": lambda: KeyError("\n" * 5_000_000),
    "two_arguments": lambda: ValueError("x", "y" * 5_000_000),
    "a_million_items": lambda: ValueError(list(range(1_000_000))),
    "surrogate_and_nul": lambda: ValueError("\ud800 and \0"),
    "noted": _noted,
    "deep": _deep,
    "chained": _chained,
}


def make(kind: str) -> BaseException:
    """A new one of this kind."""
    return KINDS[kind]()


tasks = TaskRegistry()


@tasks.task("loop")
async def on_loop(kind: str) -> None:
    await asyncio.sleep(0)
    raise make(kind)


@tasks.task("thread")
def in_thread(kind: str) -> None:
    raise make(kind)


@tasks.task("process", run_in="process")
def in_process(kind: str) -> None:
    raise make(kind)


@tasks.batch("loop_batch")
async def on_loop_batch(kinds: list[str]) -> None:
    raise make(kinds[0])


@tasks.batch("thread_batch")
def in_thread_batch(kinds: list[str]) -> None:
    raise make(kinds[0])


@tasks.batch("loop_items")
async def on_loop_items(kinds: list[str]) -> list[BaseException]:
    return [make(kind) for kind in kinds]


@tasks.task("cancels_itself")
async def cancels_itself(how: str) -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    match how:
        case "alone":
            return
        case "then awaits":
            await asyncio.sleep(1)
        case "swallowed":
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                raise TimeoutError("slow") from None
        case "swallowed, and an inner one":
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(1)
            inner = asyncio.ensure_future(asyncio.sleep(10))
            inner.cancel()
            await inner
        case "three times":
            task.cancel()
            task.cancel()
            await asyncio.sleep(1)


@tasks.task
async def good(payload: Any, context: JobContext) -> None:
    """Ends when so many run at the same time: as many slots are of use."""
    barrier: asyncio.Barrier = context.state["barrier"]
    await barrier.wait()
