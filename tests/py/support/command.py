"""The command for the tests: in this process, as a process of its own, and at a terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from types import TracebackType
from typing import Any
from unittest.mock import patch

import psycopg
from click.testing import CliRunner, Result

from graphile_worker._cli.main import cli
from tests.support import job_id

# Without -P, Python would put the current directory on the path, which is for `run` to do.
COMMAND = [sys.executable, "-P", "-m", "graphile_worker._cli"]

_OWN_VARIABLES = (
    *("DATABASE_URL", "PGHOST", "PGSERVICE", "PGDATABASE"),
    *("GRAPHILE_WORKER_SCHEMA", "GRAPHILE_WORKER_MAX_CONNECTIONS", "GRAPHILE_WORKER_EMBEDDED_DIR"),
    "GRAPHILE_WORKER_CONFIG",
)


def invoke(
    *args: str, url: str | None = None, stdin: str | bytes | None = None, env: dict[str, str] | None = None
) -> Result:
    """Run the command in this process; `url` becomes DATABASE_URL. An exception that leaves it is raised here."""
    variables: dict[str, str | None] = {**dict.fromkeys(_OWN_VARIABLES), "DATABASE_URL": url, **(env or {})}
    return CliRunner().invoke(
        cli, args, input=stdin, env=variables, prog_name="graphile-worker", catch_exceptions=False
    )


def invoke_json(*args: str, url: str) -> Any:
    """The document that the command prints with --json, after it succeeded."""
    result = invoke(*args, "--json", url=url)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def invoke_line(line: str, *, url: str | None = None) -> Result:
    """Run a command line as a hint or a help text gives it."""
    name, *args = shlex.split(line)
    assert name == "graphile-worker"
    return invoke(*args, url=url)


def server_time(connection: psycopg.Connection[Any]) -> datetime:
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row
    found: datetime = row[0]
    return found


@contextmanager
def a_clock_that_is_wrong() -> Iterator[None]:
    """Has this machine's clock say 2001 to whoever of the command asks it."""

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime(2001, 1, 1, tzinfo=tz)

    with ExitStack() as stack:
        for name, module in list(sys.modules.items()):
            if name.startswith("graphile_worker.") and getattr(module, "datetime", None) is datetime:
                stack.enter_context(patch.object(module, "datetime", Wrong))
        yield


def with_ids(*words: str) -> list[str]:
    """The words of a command, where #3 stands for the id of the third job of a new queue."""
    return [str(job_id(int(word[1:]))) if re.fullmatch(r"#\d+", word) else word for word in words]


def table(output: str) -> list[dict[str, str]]:
    """Tab-separated lines as rows by name."""
    header, *lines = output.splitlines()
    names = header.split("\t")
    return [dict(zip(names, line.split("\t"), strict=True)) for line in lines]


def environment(url: str | None = None, **more: str) -> dict[str, str]:
    """The environment of a process of its own."""
    variables = {name: value for name, value in os.environ.items() if name not in _OWN_VARIABLES}
    return variables | ({"DATABASE_URL": url} if url else {}) | {"PYTHONUNBUFFERED": "1"} | more


class Process(subprocess.Popen[str]):
    """A process that a failing test does not wait for, as it may run for ever, but kills."""

    def __exit__(
        self, exc_type: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if exc_type is not None:
            self.kill()
        super().__exit__(exc_type, value, traceback)


def process(
    *args: str | bytes, url: str | None = None, cwd: Path | None = None, piped: bool = False, **variables: str
) -> Process:
    """Start the command as a process of its own; `piped`: with a pipe to write to as its stdin."""
    return Process(
        [*COMMAND, *args],
        env=environment(url, **variables),
        cwd=cwd,
        stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@dataclass(frozen=True)
class Screen:
    """What stood on a terminal after the command, and its exit code."""

    text: str
    exit_code: int

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()


def terminal(
    *args: str,
    url: str | None,
    columns: int = 80,
    typed: str = "",
    stderr: Path | None = None,
    controlling: bool = True,
    cwd: Path | None = None,
    until: str | None = None,
    **variables: str,
) -> Screen:
    """Run the command at a terminal of so many columns, where this is typed; stderr may go to a file instead.

    Unless it is `controlling`, it is not the terminal of the process, which is then without one. `until`: Ctrl-C is
    pressed when this stands there. After a minute the command is killed.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    variables = {"PYTHONIOENCODING": "utf-8", **variables}
    command = environment(url, **variables)
    # They would win over the size of the terminal.
    command.pop("COLUMNS", None)
    with (
        stderr.open("wb") if stderr else nullcontext(theirs) as errors,
        subprocess.Popen(
            [*COMMAND, *args],
            env=command,
            cwd=cwd,
            stdin=theirs,
            stdout=theirs,
            stderr=errors,
            start_new_session=True,
            preexec_fn=(lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)) if controlling else None,
        ) as child,
    ):
        os.close(theirs)
        killer = threading.Timer(60, child.kill)
        killer.start()
        os.write(ours, typed.encode())
        shown = bytearray()
        try:
            while chunk := os.read(ours, 65536):
                shown += chunk
                if until and until.encode() in shown:
                    os.write(ours, b"\x03")
                    until = None
        except OSError:  # Linux says so when the last process has closed the terminal.
            pass
        exit_code = child.wait(30)
        killer.cancel()
    os.close(ours)
    return Screen(shown.decode().replace("\r\n", "\n"), exit_code)
