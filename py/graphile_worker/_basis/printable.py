"""Text from jobs and errors, made safe for a log or a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""Escapes what is not a visible character of a text: values can't steer a terminal, nor forge a log.

    >>> print(printable("red \x1b[31m\n"))
    red \x1b[31m\n
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", errors="surrogatepass").decode() for c in text)


def first_line(message: object) -> str:
    """Returns the first line of what an error says, without the advice that libpq puts on further ones."""
    return printable(str(message).partition("\n")[0])
