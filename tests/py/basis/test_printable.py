"""What comes from jobs is shown, and steers nothing."""

from __future__ import annotations

import pytest

from graphile_worker._basis.printable import first_line, printable


@pytest.mark.parametrize("text", ["", "plain", "ö 日本語 😀", "back\\slash"])
def test_what_is_visible_stays(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b[31m", r"\x1b[31m"),
        ("\x7f\x9b", r"\x7f\x9b"),
        ("\u202eevil\u2028", r"\u202eevil\u2028"),
        ("\U000e0001", r"\U000e0001"),
        ("lone \ud800", r"lone \ud800"),
        ("\0", r"\x00"),
    ],
)
def test_what_is_not_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_the_first_line_of_an_error() -> None:
    assert first_line(ValueError("no \x1b[31mway\nHINT: try again")) == r"no \x1b[31mway"
    assert first_line("") == ""
