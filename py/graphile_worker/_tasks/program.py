"""Runs a task that is a program of its own."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

from .._basis.errors import InvalidArgument
from .context import JobContext
from .errors import TaskProcessError
from .guard import Guard
from .orphans import reap_orphans
from .process_groups import end_group

_LONGEST_STDERR = 10_000
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
        """Runs the program with the job's payload on its standard input; TaskProcessError unless it exits with 0."""
        environment = _environment(context)
        has_gate = all(map(_NAME.fullmatch, environment))
        guard.open()
        # A task of its own: asyncio kills, without a warning, what is cancelled while it starts.
        starting = asyncio.create_task(
            asyncio.create_subprocess_exec(
                *(_GATE if has_gate else ()),
                self.path,
                stdin=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=environment,
                start_new_session=True,
            )
        )
        try:
            process = await asyncio.shield(starting)
            guard.add(process.pid)
            payload = b'{"payload":' + context.job.payload_json + b"}"
            _, stderr = await process.communicate(b"\n" + payload if has_gate else payload)
        except BaseException:  # A cancellation, above all.
            process = await starting
            await end_group(process, lambda: process.returncode is None)
            raise
        finally:
            if starting.done() and not starting.cancelled() and starting.exception() is None:
                guard.remove(starting.result().pid)
            reap_orphans()
        if process.returncode:
            how = f"exit code {process.returncode}" if process.returncode > 0 else f"signal {-process.returncode}"
            tail = stderr.decode(errors="replace")[-_LONGEST_STDERR:].strip()
            raise TaskProcessError(f"{how}: {tail}" if tail else how)


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
