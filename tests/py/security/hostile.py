"""Texts and payloads that are made to do harm."""

from __future__ import annotations

# An escape sequence, line breaks of several kinds, marks of direction, quotes, a format.
EVIL = "\x1b[2J\x1b]0;owned\x07 \n2026-01-01 00:00:00 INFO forged\r\u2028\x85\x9b31m\u202e\u2066 '\"$$\\ %s {0} --\t;"

# As they stand in the database, where any role that may add jobs can put them.
PAYLOADS = {
    "lone surrogate": r'"\ud800"',
    "NUL": r'"\u0000"',
    "in no encoding of one byte": r'"\u20ac \ud83d\ude00"',
    "beyond a float": "1e999",
    "5000 digits": "9" * 5000,
    "3000 levels": "[" * 3000 + "]" * 3000,
    "3000 levels of objects": '{"a":' * 3000 + "1" + "}" * 3000,
    "the same key twice": '{"a": 1, "a": 2}',
    "terminal": r'"\u001b]0;owned\u0007\u202e"',
}
