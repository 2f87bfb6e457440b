"""`manage.py graphile_worker`: every command of `graphile-worker`, for the database that Django's settings name."""

from __future__ import annotations

import argparse
import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from graphile_worker._basis.errors import GraphileWorkerError
from graphile_worker._cli.main import cli, main
from graphile_worker._cli.settings import Settings
from graphile_worker._tasks.registry import TaskRegistry
from graphile_worker.contrib.django.configuration import configured, database_address
from graphile_worker.contrib.django.handlers import worker_tasks

_PROGRAM = "manage.py graphile_worker"
_DEFAULTS = {"run": {"where": "graphile_worker.contrib.django.discovered"}}
"""The MODULE of `run`, unless one is given: the tasks of all installed apps."""


class _Settings(Settings):
    """The values of the global options, where Django's settings are what the environment is elsewhere."""

    def __init__(self, alias: str | None, program: str) -> None:
        queue = configured()
        self._alias = alias or queue.database
        self._is_chosen = alias is not None
        self._address = database_address(self._alias)
        self._schema = queue.schema
        self._program = program
        super().__init__()

    @property
    def database_url(self) -> str | None:
        return self._given_url if "database_url" in self.explicit else self._address

    @database_url.setter
    def database_url(self, value: str | None) -> None:
        self._given_url = value

    @property
    def schema(self) -> str:
        return self._given_schema if "schema" in self.explicit else self._schema

    @schema.setter
    def schema(self, value: str) -> None:
        self._given_schema = value

    @property
    def url_source(self) -> str:
        is_ours = not self.embedded and "database_url" not in self.explicit
        return f"DATABASES[{self._alias!r}]" if is_ours else super().url_source

    def command(self, *words: str) -> str:
        database = ("--database", self._alias) if self._is_chosen else ()
        command = super().command(*words, *database)
        return f"{self._program}{command.removeprefix('graphile-worker')}"

    def for_worker(self, tasks: TaskRegistry) -> TaskRegistry:
        return worker_tasks(tasks)


class Command(BaseCommand):  # type: ignore[misc]
    """`manage.py graphile_worker COMMAND ...`; Django's own --settings, --pythonpath and --database go with each."""

    help = "All commands of graphile-worker, for the database in DATABASES: run, migrate, list, stats ..."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def run_from_argv(self, argv: list[str]) -> None:
        """Runs a command line as graphile-worker does, and exits with its code."""
        program = f"{argv[0]} {argv[1]}"
        given, rest = _split(argv[2:])
        main(rest, prog_name=program, settings=_settings(given.database, program), default_map=_DEFAULTS)

    def add_arguments(self, parser: Any) -> None:
        """Takes all that comes, for `call_command("graphile_worker", "migrate")`."""
        parser.add_argument("args", nargs=argparse.REMAINDER)

    def handle(self, *args: str, **options: Any) -> None:
        """Runs a command for `call_command`. Raises CommandError, with its exit code, when it fails."""
        given, rest = _split(list(args))
        out, errors = _captured(), _captured()
        try:
            with redirect_stdout(out if options.get("stdout") else sys.stdout), redirect_stderr(errors):
                settings = _settings(given.database, _PROGRAM)
                cli.main(rest, prog_name=_PROGRAM, obj=settings, default_map=_DEFAULTS)
        except SystemExit as end:
            text = _text(errors)
            if end.code:
                raise CommandError(text.removeprefix("error: ").rstrip(), returncode=end.code) from None
            if text:
                self.stderr.write(text, ending="")
        finally:
            self.stdout.write(_text(out), ending="")

    def print_help(self, prog_name: str, subcommand: str) -> None:
        """Prints the help of graphile-worker."""
        main(["--help"], prog_name=f"{prog_name} {subcommand}")


def _captured() -> io.TextIOWrapper:
    # What is printed may be bytes.
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    buffer: Any = stream.buffer
    return str(buffer.getvalue(), "utf-8", "replace")


def _settings(alias: str | None, program: str) -> _Settings:
    try:
        return _Settings(alias, program)
    except GraphileWorkerError as error:
        hint = f"\nhint: {error.hint}" if error.hint else ""
        sys.stderr.write(f"error: {error.args[0]}{hint}\n")
    except ImproperlyConfigured as error:
        sys.stderr.write(f"error: {error}\n")
    raise SystemExit(2)


def _split(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Returns the options that are Django's, and all other arguments as they stand."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    # manage.py has obeyed the first two.
    for option in ("--settings", "--pythonpath", "--database"):
        parser.add_argument(option)
    end = arguments.index("--") if "--" in arguments else len(arguments)
    given, rest = parser.parse_known_args(arguments[:end])
    return given, rest + arguments[end:]
