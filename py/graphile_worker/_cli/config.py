"""What commands are told besides the command line: GRAPHILE_WORKER_... variables, and a table in a TOML file.

The command line wins over the environment, the environment over the file. The options of `run` can stand in all three,
and so can those global ones that are options of a worker, which all commands take from the file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from .failure import Usage
from .settings import Settings

_PYPROJECT = "pyproject.toml"
_TABLE = "tool.graphile_worker"
_PREFIX = "GRAPHILE_WORKER_"
_KEYS = {"where": "tasks", "crontab_file": "crontab", "migrates": "migrate"}
_ONLY_ON_THE_COMMAND_LINE = ("config", "once", "schema_only", "cleanup", "yes", "help")
_GLOBAL = ("schema", "max_connections")
_FILE = f"{__name__}.file"


def load(ctx: click.Context, _param: click.Parameter, path: Path | None) -> None:
    """Makes the file and the environment the defaults of the other options: callback of an eager `--config`.

    Raises Usage for a key that there is not and for a bad value, and names where it stands.
    """
    if ctx.resilient_parsing:
        return
    ctx.meta[_FILE] = path
    options = {_key(p): p for p in ctx.command.params if p.name not in _ONLY_ON_THE_COMMAND_LINE and not _is_global(p)}
    found: dict[str, Any] = {}
    for name, value, where in (*_from_file(path, options), *_from_environment(options)):
        option = options[name]
        assert option.name is not None
        with _errors_name(where, option):
            option.process_value(ctx, value)
        found[option.name] = value
    ctx.default_map = {**(ctx.default_map or {}), **found}


def take_from_file(ctx: click.Context) -> None:
    """Takes what the file says of global options, where neither the command line nor the environment does.

    Raises Usage for a bad value, and for a file that is none.
    """
    named = os.environ.get(f"{_PREFIX}CONFIG")
    path = ctx.meta.get(_FILE) or (Path(named) if named else None)
    settings, root = ctx.ensure_object(Settings), ctx.find_root()
    table = _table(path)
    for option in root.command.params if table else ():
        name = option.name
        if name not in _GLOBAL or name in settings.explicit:
            continue
        for written, value in table.items():
            if written.replace("-", "_") == name and root.get_parameter_source(name) is ParameterSource.DEFAULT:
                where = f"{path or _PYPROJECT}: {written}"
                value = _of_type(option, value, where)
                with _errors_name(where, option):
                    setattr(settings, name, option.type_cast_value(ctx, value))


def _key(option: click.Parameter) -> str:
    assert option.name is not None
    return _KEYS.get(option.name, option.name)


def _is_global(option: click.Parameter) -> bool:
    return isinstance(option, click.Option) and option.hidden


def _from_environment(options: Mapping[str, click.Parameter]) -> Iterator[tuple[str, Any, str]]:
    for name, option in options.items():
        variable = f"{_PREFIX}{name.upper()}"
        if value := os.environ.get(variable):
            yield name, value.replace(",", " ").split() if option.multiple else value, variable


def _from_file(path: Path | None, options: Mapping[str, click.Parameter]) -> Iterator[tuple[str, Any, str]]:
    file = path or Path(_PYPROJECT)
    for written, value in _table(path).items():
        name = written.replace("-", "_")
        if name in _GLOBAL:
            continue
        if name not in options:
            raise Usage(f"{file}: there is no option {written}", hint=_remedy(name, options))
        option = options[name]
        where = f"{file}: {written}"
        value = _of_type(option, value, where)
        if isinstance(option.type, click.Path):
            value = str(file.parent / value)
        yield name, value, where


def _table(path: Path | None) -> dict[str, Any]:
    """Returns what stands in the file, or in ./pyproject.toml if there is one."""
    file = path or Path(_PYPROJECT)
    if path is None and not file.exists():
        return {}
    # Only here: most commands find no file.
    import tomllib

    try:
        table: Any = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Usage(f"{file} can't be read: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Usage(f"{file} is not TOML: {error}") from None
    # In a file of its own the options need no heading.
    for heading in _TABLE.split(".") if file.name == _PYPROJECT else ():
        table = table.get(heading, {})
        if not isinstance(table, dict):
            raise Usage(f"{file}: [{_TABLE}] is not a table")
    found: dict[str, Any] = table
    return found


def _remedy(name: str, options: Mapping[str, click.Parameter]) -> str:
    if name == "database_url":
        return "It is for all commands: set DATABASE_URL"
    known = {*options, *_GLOBAL}
    close = get_close_matches(name, known, 1)
    return f"Did you mean {close[0]}?" if close else f"There are {', '.join(sorted(known))}"


def _of_type(option: click.Parameter, value: object, where: str) -> Any:
    """Returns a value of TOML as the command line would write it."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if isinstance(option, click.Option) and option.is_flag:
        good, rule = isinstance(value, bool), "true or false"
    elif option.multiple:
        good, rule = isinstance(value, list) and all(isinstance(v, str) for v in value), "an array of strings"
    elif isinstance(option.type, click.IntRange):
        good, rule = is_number and isinstance(value, int), "a whole number"
    elif isinstance(option.type, click.FloatRange):
        good, rule = is_number, "a number"
    elif option.metavar == "DURATION":
        good, rule = is_number or isinstance(value, str), 'a duration: "30s", "5m", or a number of seconds'
        value = str(value) if good else value
    else:
        good, rule = isinstance(value, str), "a string"
    if not good:
        raise Usage(f"{where} is {value!r}", hint=f"It takes {rule}")
    return value


@contextmanager
def _errors_name(where: str, option: click.Parameter) -> Iterator[None]:
    """Makes the error about a bad value say where it stands, not as which option it would be given."""
    try:
        yield
    except click.BadParameter as error:
        raise Usage(f"{where}: {error.message}") from None
    except Usage as error:
        raise Usage(f"{where}: {error.message.removeprefix(f'{option.opts[0]} ')}", hint=error.hint) from None
