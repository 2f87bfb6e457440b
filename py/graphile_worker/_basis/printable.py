"""What comes from jobs and goes to a log, a terminal or the database: bounded, whatever it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

LONGEST_TEXT = 20_000
_LONGEST_LINE = 1_000
_SLACK = 100
_MOST_ITEMS = 1_000
_PLAIN_TEXT: tuple[Any, ...] = (BaseException.__str__, KeyError.__str__)
_CONTAINERS = (list, tuple, dict, set, frozenset)


def printable(text: str) -> str:
    r"""Escapes what is not a visible character of a text: values can't steer a terminal, nor forge a log.

    >>> print(printable("red \x1b[31m\n"))
    red \x1b[31m\n
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", errors="surrogatepass").decode() for c in text)


def shorten(text: str, longest: int) -> str:
    """Cuts a text, and says so.

    >>> shorten("x" * 1000, 3)
    'xxx ... (1000 characters)'
    """
    # Not by its own methods: it may be of a class of somebody's that is derived from str.
    length = str.__len__(text)
    if length <= longest:
        return str.__getitem__(text, slice(None))
    return f"{str.__getitem__(text, slice(longest))} ... ({length} characters)"


def text_of(value: object, longest: int = LONGEST_TEXT) -> str:
    """Returns what str() makes of a stranger's value, cut before anything else is done with it. Raises nothing.

    >>> text_of(ValueError("bad luck"))
    'bad luck'
    """
    kind = type(value)
    try:
        if issubclass(kind, BaseException):
            # Its arguments are cut, and say so.
            return shorten(_text_of_error(value, longest), longest + _SLACK)
        return shorten(str(value), longest)
    # A stranger's code may raise anything.
    except BaseException as error:
        return f"<it has no text: {type(error).__name__}>"


def first_line(message: object) -> str:
    """Returns the first line that says something, without the advice that libpq puts on further ones; of an error
    without any text its class.
    """
    text = text_of(message).lstrip()
    if not text and isinstance(message, BaseException):
        text = type(message).__name__
    return printable(shorten(text.partition("\n")[0], _LONGEST_LINE))


def some_of(items: Iterable[object], at_most: int = 20) -> str:
    """Lists the first of many items, printable, and says how many there are besides.

    >>> some_of(["a", "b", "c"], at_most=2)
    'a, b and 1 more'
    """
    texts = [str(item) for item in items]
    shown = ", ".join(map(printable, texts[:at_most]))
    return shown if len(texts) <= at_most else f"{shown} and {len(texts) - at_most} more"


def an(name: str) -> str:
    """Puts the article before the name of a class.

    >>> an("int"), an("str"), an("UUID")
    ('an int', 'a str', 'a UUID')
    """
    return f"{'an' if name[:1] in 'AEIOaeio' else 'a'} {name}"


def a_kind(value: object) -> str:
    """Returns the name of a value's class with its article; `None` for None."""
    return "None" if value is None else an(type(value).__name__)


def _text_of_error(error: Any, longest: int) -> str:
    """Writes an error as str(error) does, but for arguments of any size."""
    kind = type(error)
    if kind.__str__ not in _PLAIN_TEXT:
        return str(error)
    arguments = tuple(_short(argument, longest) for argument in _arguments_of(error))
    if len(arguments) != 1:
        return str(arguments) if arguments else ""
    return repr(arguments[0]) if kind.__str__ is _PLAIN_TEXT[1] else str(arguments[0])


def _arguments_of(error: BaseException) -> tuple[Any, ...]:
    """Reads the arguments of an error, but not by the error's own way."""
    arguments: tuple[Any, ...] = object.__getattribute__(error, "args")
    return arguments


def _short(value: Any, longest: int) -> Any:
    kind = type(value)
    if issubclass(kind, str):
        return shorten(value, longest)
    if issubclass(kind, (bytes, bytearray)) and len(value) > longest:
        return bytes(value[:longest])
    if kind in _CONTAINERS and len(value) > _MOST_ITEMS:
        return f"<{kind.__name__} of {len(value)} items>"
    return value
