"""Runs a task that is a program of its own."""

from __future__ import annotations

import asyncio
import os
import re
from asyncio.subprocess import Process, SubprocessStreamProtocol
from contextlib import suppress
from pathlib import Path

from .._basis.errors import InvalidArgument
from .._basis.log import logger
from .context import JobContext
from .errors import TaskProcessError
from .guard import Guard
from .orphans import reap_orphans
from .process_groups import end_group
from .program_output import log_output

_AFTER_THE_END = 1.0
"""Seconds in which what a program has left in its output is read: what it has started may keep that open."""
_BUFFER = 65536
"""Bytes of what it writes that are read ahead, and twice that."""
_GATE = ("/bin/sh", "-c", 'read -r go && exec "$0"')
"""Starts a program once a line came in; never, when the worker is gone before it has told the guard of it."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
"""Of a variable that every shell hands on."""


class Program:
    """Stands for the function of a task that is a file."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Raises InvalidArgument for what is no executable file."""
        self.path = Path(path).absolute()
        if not os.access(self.path, os.X_OK) or not self.path.is_file():
            raise InvalidArgument(f"{str(self.path)!r} is not an executable file", hint="chmod +x, and a #! line")

    def __call__(self) -> None:
        raise TypeError(f"{self.path} can only be run by a worker")

    async def run(self, context: JobContext, guard: Guard) -> None:
        """Runs the program with the job's payload on its standard input; TaskProcessError unless it exits with 0.

        Its output and its errors are logged, with the job's id.
        """
        environment = _environment(context)
        has_gate = all(map(_NAME.fullmatch, environment))
        guard.open()
        # A task of its own: asyncio kills, without a warning, what is cancelled while it starts.
        starting = asyncio.create_task(_start(*(_GATE if has_gate else ()), str(self.path), environment=environment))
        readers: list[asyncio.Task[str]] = []
        try:
            process, ended = await asyncio.shield(starting)
            guard.add(process.pid)
            assert process.stdout is not None
            assert process.stderr is not None
            for stream, log in ((process.stdout, logger.info), (process.stderr, logger.warning)):
                readers.append(asyncio.create_task(log_output(stream, context.job, log)))
            payload = b'{"payload":' + context.job.payload_json + b"}"
            await _feed(process, b"\n" + payload if has_gate else payload)
            end_of_errors = await readers[1]
            await ended.wait()
            _, still_open = await asyncio.wait(readers[:1], timeout=_AFTER_THE_END)
            if still_open:
                process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001  # There is no other way.
        except BaseException:  # A cancellation, above all.
            process, _ = await starting
            await end_group(process, lambda: process.returncode is None)
            raise
        finally:
            for reader in readers:
                reader.cancel()
            if starting.done() and not starting.cancelled() and starting.exception() is None:
                guard.remove(starting.result()[0].pid)
            reap_orphans()
        if process.returncode:
            how = f"exit code {process.returncode}" if process.returncode > 0 else f"signal {-process.returncode}"
            raise TaskProcessError(f"{how}: {end_of_errors}" if end_of_errors else how)


class _Protocol(SubprocessStreamProtocol):
    """Tells of the end of the program itself, for which Process.wait() is no good: in some versions of Python that
    waits for the ends of its pipes, too.
    """

    def __init__(self) -> None:
        super().__init__(_BUFFER, asyncio.get_running_loop())
        self.ended = asyncio.Event()

    def process_exited(self) -> None:
        super().process_exited()
        self.ended.set()


async def _start(*command: str, environment: dict[str, str]) -> tuple[Process, asyncio.Event]:
    """Starts a program with pipes; returns it, and an event that is set at its end."""
    loop = asyncio.get_running_loop()
    pipe = asyncio.subprocess.PIPE
    transport, protocol = await loop.subprocess_exec(
        _Protocol, *command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment, start_new_session=True
    )
    return Process(transport, protocol, loop), protocol.ended


async def _feed(process: Process, payload: bytes) -> None:
    """Writes to the standard input of a program, which need not read it."""
    assert process.stdin is not None
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(payload)
        await process.stdin.drain()
    process.stdin.close()


def _environment(context: JobContext) -> dict[str, str]:
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
    return {**os.environ, **{f"GRAPHILE_WORKER_{name}": value for name, value in variables.items()}}
