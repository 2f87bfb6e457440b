"""What is told about an error: what it says, what is noted, and where it came from."""

from __future__ import annotations

from graphile_worker._basis.error_text import describe, summary_of


def caught(error: BaseException) -> BaseException:
    try:
        _raise(error)
    except BaseException as raised:
        return raised
    raise AssertionError


def _raise(error: BaseException) -> None:
    raise error


def test_the_first_line_is_the_error_not_its_note() -> None:
    error = ValueError("builtins.ValueError: in the text")
    error.add_note("a note")
    text = describe(caught(error))
    lines = text.splitlines()
    assert lines[0] == "ValueError: builtins.ValueError: in the text"
    assert lines[-2:] == ["ValueError: builtins.ValueError: in the text", "a note"]
    assert "raise error" in text


def test_causes_come_first() -> None:
    error = ValueError("effect")
    error.__cause__ = caught(KeyError("cause"))
    text = describe(caught(error))
    assert text.startswith("ValueError: effect\n\nTraceback (most recent call last):\n")
    assert text.index("KeyError: 'cause'") < text.index("was the direct cause of") < text.rindex("ValueError: effect")


def test_the_members_of_a_group() -> None:
    text = describe(ExceptionGroup("both", [ValueError("one"), KeyError("two")]))
    assert text.startswith("ExceptionGroup: both (2 sub-exceptions)\n")
    assert "\n  ValueError: one\n" in text
    assert "\n  KeyError: 'two'" in text


def test_frames_that_are_left_out() -> None:
    assert "Traceback" in describe(caught(ValueError()))
    assert "Traceback" not in describe(caught(ValueError()), without=(__name__,))


def test_a_class_within_a_function() -> None:
    class Inner(Exception):
        pass

    assert summary_of(Inner("\n said\n")) == "Inner: said"
    assert summary_of(Inner()) == "Inner"
