"""The places where a handler can run: the event loop, a thread, a process, a program of its own."""

from __future__ import annotations

import asyncio
import contextvars
import importlib
import multiprocessing
import os
import pickle
import signal
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import Any

from .context import JobContext
from .registry import Task

_KILL_AFTER = 2.0
"""Seconds that a program has after SIGTERM."""
_LONGEST_STDERR = 10_000


class TaskProcessError(Exception):
    """A process or program that ran a job did not come to a good end."""


class Places:
    """Threads and processes, made when the first handler needs them."""

    def __init__(self, concurrency: int) -> None:
        self._concurrency = concurrency
        self._threads = ThreadPoolExecutor(concurrency, thread_name_prefix="graphile_worker")
        self._processes: ProcessPoolExecutor | None = None

    async def run(self, task: Task[Any], arguments: tuple[Any, ...]) -> Any:
        """Calls a handler that is not async. Raises what it raises, but StopIteration as RuntimeError."""
        if task.run_in == "executable":
            return await _run_executable(task, arguments[0])
        loop = asyncio.get_running_loop()
        if task.run_in == "thread":
            result = await loop.run_in_executor(
                self._threads, _call, contextvars.copy_context().run, task.handler, *arguments
            )
        else:
            result = await self._run_in_process(task, arguments)
        if isinstance(result, _Raised):
            raise result.error
        return result

    async def _run_in_process(self, task: Task[Any], arguments: tuple[Any, ...]) -> Any:
        if self._processes is None:
            # Not fork: the child would inherit connections and locks in whatever state they are.
            context = multiprocessing.get_context("spawn")
            self._processes = ProcessPoolExecutor(min(self._concurrency, os.cpu_count() or 1), mp_context=context)
        processes = self._processes
        function = (task.handler.__module__, task.handler.__qualname__)
        try:
            return await asyncio.get_running_loop().run_in_executor(processes, _call_by_name, *function, *arguments)
        except BrokenProcessPool as error:
            # Killed, out of memory, or crashed: the pool is of no more use.
            if self._processes is processes:
                self._processes = None
                processes.shutdown(wait=False)
            raise TaskProcessError("a process of this worker died while it ran the job, or another") from error

    def close(self) -> None:
        """Waits for nobody: a thread that still runs can't be stopped, a process is told to."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        if self._processes is not None:
            # There is no public way to end those that are busy.
            children = list((self._processes._processes or {}).values())  # noqa: SLF001
            self._processes.shutdown(wait=False, cancel_futures=True)
            for child in children:
                child.terminate()


class _Raised:
    """An exception as a value: a future can't carry StopIteration, and would print others it thinks nobody saw."""

    def __init__(self, error: BaseException) -> None:
        self.error = RuntimeError("the task raised StopIteration") if isinstance(error, StopIteration) else error
        if self.error is not error:
            self.error.__cause__ = error


def _call(run: Callable[..., Any], handler: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return run(handler, *arguments)
    except (Exception, SystemExit) as error:
        return _Raised(error)


def _call_by_name(module: str, name: str, *arguments: Any) -> Any:
    """In the child: the name stands for the Task that the decorator has put there, or for the function."""
    target: Any = importlib.import_module(module)
    for part in name.split("."):
        target = getattr(target, part)
    result = _call(lambda function, *values: function(*values), getattr(target, "handler", target), *arguments)
    if isinstance(result, _Raised):
        # One that can't be made anew from its args would break the pool, and with it the jobs of all its processes.
        try:
            pickle.loads(pickle.dumps(result.error))  # noqa: S301  # What has just been made here.
        except Exception:  # Whatever its constructor raises.
            summary = "".join(traceback.format_exception_only(result.error)).strip()
            return _Raised(TaskProcessError(f"{summary}\n\n{''.join(traceback.format_exception(result.error))}"))
    return result


async def _run_executable(task: Task[Any], context: JobContext) -> None:
    job = context.job
    variables = {
        "PAYLOAD_FORMAT": "json",
        "TASK_IDENTIFIER": job.task_identifier,
        "JOB_ID": str(job.id),
        "JOB_KEY": job.key or "",
        "JOB_ATTEMPTS": str(job.attempts),
        "JOB_MAX_ATTEMPTS": str(job.max_attempts),
        "JOB_PRIORITY": str(job.priority),
        "JOB_RUN_AT": job.run_at.isoformat(),
    }
    # A task of its own: asyncio kills, without a warning, what is cancelled while it starts.
    starting = asyncio.create_task(
        asyncio.create_subprocess_exec(
            task.handler.path,  # type: ignore[attr-defined]
            stdin=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **{f"GRAPHILE_WORKER_{name}": value for name, value in variables.items()}},
            start_new_session=True,
        )
    )
    try:
        process = await asyncio.shield(starting)
        _, stderr = await process.communicate(b'{"payload":' + job.payload_json + b"}")
    except asyncio.CancelledError:
        process = await starting
        _signal_group(process, signal.SIGTERM)
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), _KILL_AFTER)
        finally:
            if process.returncode is None:
                _signal_group(process, signal.SIGKILL)
        raise
    if process.returncode:
        how = f"exit code {process.returncode}" if process.returncode > 0 else f"signal {-process.returncode}"
        tail = stderr.decode(errors="replace")[-_LONGEST_STDERR:].strip()
        raise TaskProcessError(f"{how}: {tail}" if tail else how)


def _signal_group(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    """Signals a program and what it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
