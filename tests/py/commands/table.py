"""The table of command lines: what a row says, how its line is run, and words for what has to come of it.

A line is run by a shell, as it stands, with the installed command in the path, in an empty folder, on a database of its
own. DATABASE_URL names that. In the line and its environment EXAMPLE_URL stands for it, EXAMPLE_ADDRESS for a port that
is free.

>>> Row("graphile-worker complete 123", given=jobs(123), effect=in_database("select count(*) from q.jobs", 0))
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.py.support.command import environment
from tests.support import scalar, wait_until

EXAMPLE_URL = "postgres://postgres:postgres@localhost/postgres"
EXAMPLE_ADDRESS = "127.0.0.1:5678"
SCHEMA = "graphile_worker"
# What the surroundings of the tests may have set.
_UNSET = re.compile(r"GRAPHILE_WORKER_|PG[A-Z]|DATABASE_URL$|NO_COLOR$|COLUMNS$")


@dataclass(frozen=True)
class Place:
    """Where a line is run: its database and its folder."""

    url: str
    folder: Path

    def ask(self, query: str) -> Any:
        """Returns the one value of a query; `q.` stands for the schema of the queue."""
        return scalar(self.url, query.replace("q.", f"{SCHEMA}."))

    def do(self, statement: str) -> None:
        """Executes a statement; `q.` stands for the schema of the queue."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.replace("q.", f"{SCHEMA}."))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Ran(Place):
    """A line that was run, or that still runs."""

    @property
    def stdout(self) -> str:
        return (self.folder / ".stdout").read_text()

    @property
    def stderr(self) -> str:
        return (self.folder / ".stderr").read_text()

    @property
    def output(self) -> str:
        return self.stdout + self.stderr

    @property
    def document(self) -> Any:
        """The JSON document that was printed."""
        return json.loads(self.stdout)

    def until_it_says(self, pattern: str) -> re.Match[str]:
        """Waits for this in the output of a command that goes on; returns what was found."""
        return wait_until(lambda: re.search(pattern, self.output), what=pattern)


Given = Callable[[Place], object]
Effect = Callable[[Ran], object]


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    line: str
    """As a shell has it."""
    effect: Effect
    """Checks what has come of it. Raises AssertionError."""
    exit_code: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables besides DATABASE_URL; an empty one is not set."""
    given: Given | None = None
    """Makes what has to be there before."""
    ended_by: signal.Signals | None = None
    """For a command that goes on by itself: the effect is checked while it runs, then it gets this signal."""

    def check(self, place: Place) -> None:
        """Runs the line, and checks effect and exit code."""
        if self.given:
            self.given(place)
        ran = Ran(place.url, place.folder)
        with (ran.folder / ".stdout").open("wb") as stdout, (ran.folder / ".stderr").open("wb") as stderr:
            # With env in front the shell's place is taken: a signal reaches the command itself.
            line = f"exec env {self._filled(self.line, shlex.quote(place.url))}"
            with subprocess.Popen(
                ["/bin/sh", "-c", line],
                env=self._environment(place.url),
                cwd=place.folder,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            ) as child:
                try:
                    if self.ended_by is not None:
                        self.effect(ran)
                        child.send_signal(self.ended_by)
                    exit_code = child.wait(30)
                finally:
                    child.kill()
        assert exit_code == self.exit_code, ran.output
        if self.ended_by is None:
            self.effect(ran)

    def _environment(self, url: str) -> dict[str, str]:
        surroundings = {name: value for name, value in environment().items() if not _UNSET.match(name)}
        path = os.pathsep.join([str(Path(sys.executable).parent), surroundings["PATH"]])
        given = {"PATH": path, "DATABASE_URL": url, **self.environment}
        return surroundings | {name: self._filled(value, url) for name, value in given.items() if value}

    @staticmethod
    def _filled(text: str, url: str) -> str:
        return text.replace(EXAMPLE_URL, url).replace(EXAMPLE_ADDRESS, "127.0.0.1:0")


def all_of(*steps: Callable[[Any], object]) -> Callable[[Any], None]:
    """One after the other."""

    def each(place: Any) -> None:
        for step in steps:
            step(place)

    return each


# What is there before.


def jobs(*ids: int, task: str = "send_email", **arguments: object) -> Given:
    """Jobs with these ids, of one task; `arguments` are those of add_job."""
    values = "".join(f", {name} => {_literal(value)}" for name, value in arguments.items())

    def make(place: Place) -> None:
        for job_id in ids:
            place.do(f"alter table q._private_jobs alter column id restart with {job_id}")
            place.do(f"select q.add_job({_literal(task)}{values})")

    return make


def statement(text: str) -> Given:
    return lambda place: place.do(text)


def file(name: str, content: str, mode: int = 0o644) -> Given:
    def write(place: Place) -> None:
        path = place.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        path.chmod(mode)

    return write


# What has come of it.


def in_database(query: str, value: object) -> Effect:
    def check(ran: Ran) -> None:
        found = ran.ask(query)
        assert found == value, f"{query}: {found!r}, not {value!r}\n{ran.output}"

    return check


def says(*patterns: str) -> Effect:
    """Each of these is found on stdout."""

    def check(ran: Ran) -> None:
        for pattern in patterns:
            assert re.search(pattern, ran.stdout), ran.output

    return check


def warns(*patterns: str) -> Effect:
    """Each of these is found on stderr."""

    def check(ran: Ran) -> None:
        for pattern in patterns:
            assert re.search(pattern, ran.stderr), ran.output

    return check


def document(**members: object) -> Effect:
    """The JSON document that is printed has these members, with these values."""

    def check(ran: Ran) -> None:
        assert {name: ran.document[name] for name in members} == members, ran.output

    return check


def has(condition: Callable[[Ran], object]) -> Effect:
    """This is true of it."""

    def check(ran: Ran) -> None:
        assert condition(ran), ran.output

    return check


def _literal(value: object) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, list):
        return f"array[{', '.join(map(_literal, value))}]"
    return str(value)
