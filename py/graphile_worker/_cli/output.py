"""Output of commands, in one of three forms: JSON, a table on a terminal, tab-separated lines for other programs."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click
import msgspec

from .._basis.json_layout import laid_out
from . import text
from .settings import Settings
from .table import Column, T, render

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


# Characters on a terminal; the other forms have all of it.
_LONGEST_LINE = 2000
_LONGEST_BLOCK = 100_000


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a record on a terminal; `note` stands behind the value, `block` below its name."""

    name: str
    value: str
    note: str = ""
    block: bool = False


def on_terminal() -> bool:
    return sys.stdout.isatty()


def can_ask() -> bool:
    """Tells whether stdin is a terminal, where somebody can answer a question."""
    return sys.stdin.isatty()


def rows(
    settings: Settings, found: Sequence[T], row_type: type[Any], columns: Sequence[Column[T]], none: str = ""
) -> None:
    """Prints any number of records of one kind. `columns` are for a terminal; the other forms have every field.

    On a terminal `none` is said where there are no records.
    """
    if settings.as_json:
        document(found)
    elif on_terminal() and not found and none:
        click.echo(none, err=True)
    elif on_terminal():
        click.echo("\n".join(render(columns, found, shutil.get_terminal_size().columns)))
    else:
        names = [f.name for f in fields(row_type)]
        lines = ["\t".join(names)]
        lines += ["\t".join(text.cell(getattr(row, name)) for name in names) for row in found]
        click.echo("\n".join(lines))


def more(settings: Settings, found: Sequence[T], limit: int, option: str, value: Callable[[T], object]) -> None:
    """Says by which option the next page is reached when this one is full; `value` is that of its last record."""
    if len(found) == limit > 0 and not settings.as_json:
        following = shlex.join([option, str(value(found[-1]))])
        click.echo(f"{limit} shown; there may be more: {text.printable(following)}", err=True)


def record(settings: Settings, found: DataclassInstance, lines: Sequence[Line]) -> None:
    """Prints one record. `lines` are for a terminal; the other forms have every field."""
    if settings.as_json:
        document(found)
    elif on_terminal():
        name_width = max(len(line.name) for line in lines if not line.block)
        value_width = max((len(line.value) for line in lines if line.note), default=0)
        for line in lines:
            if line.block:
                click.echo(f"{line.name}:")
                for part in text.shorten(line.value, _LONGEST_BLOCK).splitlines():
                    click.echo(f"  {text.printable(part)}".rstrip())
            else:
                value = text.printable(text.shorten(line.value, _LONGEST_LINE))
                shown = f"{value:<{value_width}}  {line.note}" if line.note else value
                click.echo(f"{line.name:<{name_width}}  {shown}".rstrip())
    else:
        click.echo("field\tvalue")
        for field in fields(found):
            click.echo(f"{field.name}\t{text.cell(getattr(found, field.name))}")


def document(value: Any) -> None:
    """Prints one JSON document: fields by name, instants in UTC, durations in seconds; indented on a terminal."""
    encoded = msgspec.json.encode(plain(value))
    if on_terminal():
        encoded = _visible(laid_out(encoded))
    # As bytes: JSON is UTF-8, whatever the locale says.
    click.echo(encoded)


def _visible(encoded: bytes) -> bytes:
    """Escapes characters in JSON that control a terminal: strings may hold C1 controls and marks of direction."""
    text = encoded.decode().replace("\r", " ").replace("\t", " ")
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text).encode()


def plain(value: Any) -> Any:
    """Returns the value as JSON has it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    match value:
        case datetime():
            if value in (text.FAR_FUTURE, text.FAR_PAST):
                return text.time(value)
            return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        case timedelta():
            return value.total_seconds()
        case list() | tuple():
            return [plain(item) for item in value]
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case _:
            return value
