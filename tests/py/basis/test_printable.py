"""What comes from jobs is shown, and steers nothing."""

from __future__ import annotations

import pytest

from graphile_worker._basis.printable import first_line, printable, shorten, some_of, text_of


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


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("\n \n below\nmore", "below"),
        (ValueError("\nbelow"), "below"),
        (TimeoutError(), "TimeoutError"),
        ("x" * 5000, f"{'x' * 1000} ... (5000 characters)"),
    ],
    ids=["line breaks", "an error with line breaks", "an error without text", "long"],
)
def test_the_first_line_says_something_and_has_an_end(message: object, line: str) -> None:
    assert first_line(message) == line


def test_a_text_is_cut_before_it_is_written_out() -> None:
    assert shorten("abc", 3) == "abc"
    assert shorten("abcd", 3) == "abc ... (4 characters)"
    assert text_of(ValueError("x" * 50), 10) == "xxxxxxxxxx ... (50 characters)"
    assert len(text_of(ValueError("a", "x" * 100_000), 10)) < 100
    assert text_of(KeyError("x" * 50), 10) == "'xxxxxxxxxx ... (50 characters)'"
    assert text_of(ValueError(list(range(2000)))) == "<list of 2000 items>"


def test_a_text_that_raises() -> None:
    class Textless:
        def __str__(self) -> str:
            raise KeyboardInterrupt

    assert text_of(Textless()) == "<it has no text: KeyboardInterrupt>"


def test_some_of_many() -> None:
    assert some_of([1, 2, 3]) == "1, 2, 3"
    assert some_of(range(10_000), at_most=3) == "0, 1, 2 and 9997 more"
    assert some_of([]) == ""
    assert some_of(["red \x1b[31m", "two\nlines"]) == r"red \x1b[31m, two\nlines"
