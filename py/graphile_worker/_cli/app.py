"""The base of all commands: the global options, their help, and how errors leave the process."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from .._basis.version import __version__
from .address import for_libpq
from .config import take_from_file
from .failure import FAILED, INTERRUPTED, Failure, Usage, report
from .settings import DEFAULT_SCHEMA, Settings
from .streams import give_up_stdout

F = TypeVar("F", bound=Callable[..., Any])


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Keeps a global option, wherever it stands: the command's own wins over the group's, both over the environment."""
    settings = ctx.ensure_object(Settings)
    assert param.name is not None
    given = ctx.get_parameter_source(param.name) is ParameterSource.COMMANDLINE
    if given:
        settings.explicit.add(param.name)
    if given or ctx.parent is None:
        if param.name == "database_url" and value:
            value = for_libpq(value)
        setattr(settings, param.name, value)


def _version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"graphile-worker {__version__}")
        ctx.exit()


def global_options(*, hidden: bool = False) -> list[click.Parameter]:
    """Returns the options that may stand before or after the name of a command."""

    def option(*names: str, **attributes: Any) -> click.Option:
        return click.Option(names, expose_value=False, callback=_remember, hidden=hidden, **attributes)

    options: list[click.Parameter] = [
        option(
            "--database-url",
            "--connection",
            "-c",
            envvar="DATABASE_URL",
            show_envvar=True,
            metavar="URL",
            help="The database, as postgresql://user@host:5432/name; best without a password (see ~/.pgpass).",
        ),
        option(
            "--schema",
            "-s",
            envvar="GRAPHILE_WORKER_SCHEMA",
            show_envvar=True,
            default=DEFAULT_SCHEMA,
            show_default=True,
            metavar="NAME",
            help="The schema that holds the queue.",
        ),
        option(
            "--max-connections",
            "--max-pool-size",
            "-m",
            envvar="GRAPHILE_WORKER_MAX_CONNECTIONS",
            show_envvar=True,
            type=click.IntRange(min=1),
            metavar="N",
            default=5,
            show_default=True,
            help="The most connections that the tasks of `run` share; other commands open one.",
        ),
        option("--json", "as_json", is_flag=True, help="Write one JSON document; `run` logs JSON lines."),
        option(
            "--embedded",
            is_flag=True,
            help="Use the embedded PostgreSQL, started if need be (pip install 'graphile-worker[embedded]').",
        ),
        option(
            "--embedded-dir",
            envvar="GRAPHILE_WORKER_EMBEDDED_DIR",
            show_envvar=True,
            type=click.Path(file_okay=False, path_type=Path),
            metavar="DIR",
            help="Where the embedded PostgreSQL keeps its data.",
        ),
    ]
    if not hidden:
        options.append(
            click.Option(
                ["--version"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_version,
                help="Show the version and exit.",
            )
        )
    return options


def options(*each: Callable[[F], F]) -> Callable[[F], F]:
    """Gives a command several options, in this order: those of `click.option`."""

    def give(function: F) -> F:
        for option in reversed(each):
            function = option(function)
        return function

    return give


class Command(click.Command):
    """A command that takes the global options too, and shows examples in its help."""

    def __init__(self, *args: Any, examples: Sequence[str], **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.examples = examples
        self.params.extend(global_options(hidden=True))

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command, with what the file says of global options."""
        take_from_file(ctx)
        return super().invoke(ctx)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        # Hidden in the help of each command, and understood by all.
        found = super().shell_complete(ctx, incomplete)
        if incomplete.startswith("-"):
            found += [
                CompletionItem(name, help=option.help)
                for option in global_options(hidden=True)
                if isinstance(option, click.Option)
                for name in option.opts
                if name.startswith(incomplete)
            ]
        return found

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Examples" if len(self.examples) > 1 else "Example"):
            for example in self.examples:
                formatter.write(f"{'':{formatter.current_indent}}{example}\n")
        formatter.write_paragraph()
        formatter.write_text(f"`{ctx.find_root().command_path} --help` has the options that every command takes.")


class Cli(click.Group):
    """The group of all commands. Every error ends as `error: ...`, with a hint where there is one, and an exit code."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(2)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not ctx.resilient_parsing and self.get_command(ctx, args[0]) is None:
            from .._basis.habits import COMMANDS

            if args[0] in COMMANDS:
                raise Usage(f"no such command {args[0]!r}", hint=_in_ours(COMMANDS[args[0]], ctx))
        return super().resolve_command(ctx, args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Examples"):
            for example in (
                "export DATABASE_URL=postgresql://localhost/app",
                f"{ctx.command_path} migrate",
                f'{ctx.command_path} add hello --payload \'{{"name": "Ada"}}\'',
                f"{ctx.command_path} run myapp.tasks",
                f"{ctx.command_path} COMMAND --help",
            ):
                formatter.write(f"{'':{formatter.current_indent}}{example}\n")
        with formatter.section("Exit codes"):
            formatter.write_dl(
                [
                    ("0", "done"),
                    ("1", "nothing to change matched, or it failed"),
                    ("2", "wrong usage, or no way to the queue: connection, schema, permission"),
                    ("130", "interrupted"),
                    ("128 + n", "ended by signal n"),
                ]
            )

    def main(self, args: Sequence[str] | None = None, *others: Any, **more: Any) -> NoReturn:
        arguments = list(sys.argv[1:] if args is None else args)
        more["standalone_mode"] = False
        try:
            _refuse_undecodable(arguments)
            outcome = super().main(arguments, *others, **more)
        except Failure as failure:
            _exit(failure.report(), failure.code)
        except click.UsageError as error:
            _exit(_usage(error), 2)
        except click.ClickException as error:
            _exit(report(_lower(error.format_message())), error.exit_code)
        except click.Abort:
            _exit(report("interrupted"), INTERRUPTED)
        except OSError as error:
            give_up_stdout()
            _exit(report(_os_error(error)), FAILED)
        # Without standalone mode, an exit code asked for comes back as the result; commands return nothing else.
        sys.exit(outcome if isinstance(outcome, int) else 0)


def _usage(error: click.UsageError) -> str:
    from .._basis.habits import FLAGS

    ctx = error.ctx
    if isinstance(error, click.NoSuchOption) and error.option_name in FLAGS:
        # Not an option that is spelt alike.
        return report(_lower(error.message), hint=_in_ours(FLAGS[error.option_name], ctx))
    where = f"{ctx.command_path} --help" if ctx else "graphile-worker --help"
    return report(_lower(error.format_message()), hint=f"See `{where}`")


def _in_ours(words: str, ctx: click.Context | None) -> str:
    root = ctx.find_root().command_path if ctx else "graphile-worker"
    return words.format(root=root, run=f"{root} run")


def _os_error(error: OSError) -> str:
    if error.filename:
        return f"{error.filename}: {error.strerror or error}"
    if isinstance(error, FileNotFoundError):
        # Whoever asks for it names no file.
        return "the working directory was removed"
    return f"can't write the output: {error.strerror or error}"


def _refuse_undecodable(arguments: list[str]) -> None:
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            shown = os.fsencode(argument).decode(errors="backslashreplace")
            raise Usage(f"the argument {shown} is not valid UTF-8") from None


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


def _exit(text: str, code: int) -> NoReturn:
    with suppress(OSError):
        click.echo(text, err=True)
    sys.exit(code)
