"""The payload of a job, as text that is JSON and reaches the database as it was written."""

from __future__ import annotations

import json
from typing import BinaryIO, NoReturn

import msgspec

from ._failure import Usage

_QUOTES = """Names and texts stand in double quotes; keep the shell off them: --payload '{"name": "Ada"}'"""


def from_option(text: str) -> msgspec.Raw:
    return _checked(text, "--payload", hint=_QUOTES)


def from_file(file: BinaryIO) -> msgspec.Raw:
    # Files by path have one; the standard streams need not.
    name = str(getattr(file, "name", "<stdin>"))
    name = "stdin" if name in ("-", "<stdin>") else name
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Usage(f"{name} is not UTF-8: byte {error.start + 1} is 0x{error.object[error.start]:02x}") from None
    except OSError as error:
        raise Usage(f"{name} can't be read: {error.strerror}") from None
    return _checked(text, name, hint=None)


def _checked(text: str, name: str, hint: str | None) -> msgspec.Raw:
    if not text.strip():
        raise Usage(f"{name} is empty, not JSON", hint="An empty payload is {}")
    try:
        # Only looked at: numbers go to the database digit by digit, not as what Python makes of them.
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise Usage(f"{name} is not JSON: line {error.lineno}, column {error.colno}: {error.msg}", hint=hint) from None
    except _NotANumber as error:
        raise Usage(f"{name} is not JSON: it has no {error}") from None
    except RecursionError:
        raise Usage(f"{name} is nested too deeply") from None
    return msgspec.Raw(text.encode())


class _NotANumber(Exception):
    pass


def _refuse(constant: str) -> NoReturn:
    raise _NotANumber(constant)
