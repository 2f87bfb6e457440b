"""Payloads on the command line: JSON, and to the digit as it was written."""

from __future__ import annotations

import io

import pytest

from graphile_worker._cli.failure import Usage
from graphile_worker._cli.payload import checked, decoded, from_file, from_option, name_of


@pytest.mark.parametrize("text", ["{}", " [1.000, 1e999] ", '"\\ud800"', "9" * 5000, '{"a": 1, "a": 2}', '"NaN"'])
def test_it_stays_as_it_was_written(text: str) -> None:
    assert bytes(from_option(text)).decode() == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "--payload is empty, not JSON"),
        (" \n", "--payload is empty, not JSON"),
        ("{name: 1}", "--payload is not JSON: line 1, column 2"),
        ('{"a":\n\n tru}', "--payload is not JSON: line 3, column 2"),
        ("[1,\n NaN]", "--payload is not JSON: line 2, column 2: it has no NaN"),
        ('["NaN", -Infinity]', "--payload is not JSON: line 1, column 9: it has no -Infinity"),
        ("[" * 100_000, "--payload is nested too deeply"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, message: str) -> None:
    with pytest.raises(Usage) as raised:
        from_option(text)
    assert raised.value.message.startswith(message)


def test_lines_are_counted_from_where_the_text_stands() -> None:
    with pytest.raises(Usage, match="line 11, column 1"):
        checked("[\n}", "stdin", line=10)


def test_a_file_may_begin_with_a_byte_order_mark() -> None:
    assert bytes(from_file(io.BytesIO(b"\xef\xbb\xbf[1]"))) == b"[1]"


def test_bytes_that_are_no_text_are_counted_from_one() -> None:
    with pytest.raises(Usage, match="notes is not UTF-8: byte 3 is 0xff"):
        decoded(b"ab\xff", "notes")


def test_standard_input_is_called_so() -> None:
    assert name_of(io.BytesIO()) == "stdin"
