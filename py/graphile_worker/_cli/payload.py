"""The payload of a job, as text that is JSON and reaches the database as it was written."""

from __future__ import annotations

import json
import re
from typing import BinaryIO, NoReturn

import msgspec

from .failure import Usage

_QUOTES = """Names and texts stand in double quotes; keep the shell off them: --payload '{"name": "Ada"}'"""


def from_option(text: str) -> msgspec.Raw:
    return checked(text, "--payload", _QUOTES)


def from_file(file: BinaryIO) -> msgspec.Raw:
    name = name_of(file)
    try:
        content = file.read()
    except OSError as error:
        raise Usage(f"{name} can't be read: {error.strerror}") from None
    return checked(decoded(content.removeprefix(b"\xef\xbb\xbf"), name), name)


def name_of(file: BinaryIO) -> str:
    """Returns the name of a file as messages have it."""
    # Files by path have one; the standard streams need not.
    name = str(getattr(file, "name", "<stdin>"))
    return "stdin" if name in ("-", "<stdin>") else name


def decoded(content: bytes, name: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise Usage(f"{name} is not UTF-8: byte {error.start + 1} is 0x{error.object[error.start]:02x}") from None


def checked(text: str, name: str, hint: str | None = None, *, line: int = 1) -> msgspec.Raw:
    """Checks that a text is JSON and returns it."""
    if not text.strip():
        raise Usage(f"{name} is empty, not JSON", hint="An empty payload is {}")
    try:
        # Only looked at: numbers go to the database digit by digit, not as what Python makes of them.
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno + line - 1}, column {error.colno}"
        raise Usage(f"{name} is not JSON: {where}: {error.msg}", hint=hint) from None
    except _NotANumber as error:
        row, column = _place(text, str(error))
        raise Usage(
            f"{name} is not JSON: line {row + line - 1}, column {column}: it has no {error}", hint=hint
        ) from None
    except RecursionError:
        raise Usage(f"{name} is nested too deeply") from None
    return msgspec.Raw(text.encode())


def _place(text: str, constant: str) -> tuple[int, int]:
    """Returns line and column of the first such constant outside of strings.

    >>> _place('["NaN",\\n NaN]', "NaN")
    (2, 2)
    """
    for match in re.finditer(rf'"(?:[^"\\]|\\.)*"|{constant}', text):
        if match[0] == constant:
            return text.count("\n", 0, match.start()) + 1, match.start() - text.rfind("\n", 0, match.start())
    raise AssertionError(constant)


class _NotANumber(Exception):
    pass


def _refuse(constant: str) -> NoReturn:
    raise _NotANumber(constant)
