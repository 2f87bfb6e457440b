"""JSON text laid out for people, however deep it is."""

from __future__ import annotations

import re

import msgspec

LONGEST = 1_000_000
"""Bytes that a layout may take. Indented, a megabyte of brackets would be a thousand times as long."""

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},]')


def laid_out(document: bytes, longest: int = LONGEST) -> bytes:
    """Lays a document out in lines with indentation, numbers and all else unchanged.

    It stays as it stands where a layout would take more than `longest` bytes, or where it is not JSON to everybody:
    PostgreSQL's json may hold a lone surrogate.

    >>> print(laid_out(b'{"a":[1.0]}').decode())
    {
      "a": [
        1.0
      ]
    }
    """
    if not _fits(document, longest):
        return document
    try:
        return msgspec.json.format(document, indent=2)
    except (msgspec.DecodeError, RecursionError):
        return document


def _fits(document: bytes, longest: int) -> bool:
    size = len(document)
    if size > longest:
        return False
    depth = 0
    for match in _TOKEN.finditer(document):
        token = match[0]
        if token in (b"[", b"{"):
            depth += 1
        elif token in (b"]", b"}"):
            depth -= 1
        elif token != b",":
            continue
        # A line break, and the indentation of the line.
        size += 1 + 2 * depth
        if size > longest:
            return False
    return True
