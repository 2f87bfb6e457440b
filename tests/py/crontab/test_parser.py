"""The text of crontabs: what is read, what is refused, and in which words."""

from __future__ import annotations

import sys
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphile_worker import Cron, Crontab, CrontabError
from graphile_worker._crontab.schedule import Schedule


def problems(text: str) -> list[str]:
    with pytest.raises(CrontabError) as caught:
        Crontab.parse(text)
    assert str(caught.value) == "\n".join(map(str, caught.value.problems))
    return [str(problem).removeprefix("crontab:") for problem in caught.value.problems]


def test_an_entry_with_everything() -> None:
    entry = Cron.parse(
        "  */20 1-3,5 1 * 7\tmail:send/all-now  ?id=weekly&fill=1w2d3h4m5s&max=3&queue=a+b%26c&priority=-4"
        "&jobKey=k%20ey&jobKeyMode=preserve_run_at&tz=Europe/Paris  {to: 'ada', n: [1, .5,], /* */} \r\n"
    )
    assert entry == Cron(
        schedule=Schedule(
            minutes=frozenset({0, 20, 40}),
            hours=frozenset({1, 2, 3, 5}),
            days=frozenset({1}),
            weekdays=frozenset({0}),
            tz="Europe/Paris",
        ),
        task="mail:send/all-now",
        id="weekly",
        payload={"to": "ada", "n": [1, 0.5]},
        fill=timedelta(weeks=1, days=2, hours=3, minutes=4, seconds=5),
        max_attempts=3,
        queue_name="a b&c",
        priority=-4,
        job_key="k ey",
        job_key_mode="preserve_run_at",
    )


def test_an_entry_with_nothing() -> None:
    entry = Cron.parse("* * * * * t")
    assert (entry.id, entry.payload, entry.fill, entry.job_key_mode) == ("t", None, timedelta(0), "replace")
    assert (entry.max_attempts, entry.queue_name, entry.priority, entry.job_key) == (None, None, None, None)


def test_both_spellings_are_the_same() -> None:
    camel = Cron.parse("* * * * * t ?jobKey=k&jobKeyMode=preserve_run_at")
    assert camel == Cron.parse("* * * * * t ?job_key=k&job_key_mode=preserve_run_at")
    assert problems("* * * * * t ?jobKey=k&job_key=k") == ["1:23: option job_key is given twice. Give it once"]


def test_comments_blank_lines_and_line_ends() -> None:
    crontab = Crontab.parse("\ufeff# a comment\r\n\r\n  # another\n\t\n0 8 * * * a\r\n0 9 * * * b")
    assert [entry.id for entry in crontab] == ["a", "b"]
    assert len(Crontab.parse("")) == 0


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("60 * * * * t", "1:1: bad minute 60. A minute is 0 to 59"),
        ("0 1,24 * * * t", "1:5: bad hour 24. An hour is 0 to 23"),
        ("0 0 0 * * t", "1:5: bad day of the month 0. A day of the month is 1 to 31"),
        ("0 0 * 13 * t", "1:7: bad month 13. A month is 1 to 12"),
        ("0 0 * * 8 t", "1:9: bad day of the week 8. A day of the week is 0 to 7"),
        ("*/0 * * * * t", "1:1: bad step */0 of the minute. A step of this field is */1 to */60"),
        ("*/70 * * * * t", "1:1: bad step */70 of the minute. A step of this field is */1 to */60"),
        ("0 5-1 * * * t", "1:3: bad range 5-1 of the hour: it ends before it begins. Write 5-23,0-1"),
        ("1-9/4 * * * * t", "1:1: bad minute '1-9/4'. A range has no step here: write 1,5,9"),
        ("0 0 * * mon t", "1:9: bad day of the week 'mon'. There are no names here: write 1"),
        ("0 0 1 dec * t", "1:7: bad month 'dec'. There are no names here: write 12"),
        (
            "0,,5 * * * * t",
            "1:3: an empty minute. Write *, */n, n or a-b with numbers from 0 to 59, or several with commas",
        ),
        (
            "L * * * * t",
            "1:1: bad minute 'L'. Write *, */n, n or a-b with numbers from 0 to 59, or several with commas",
        ),
        ("@daily t", "1:1: there are no names for times: @daily. Write 0 0 * * *"),
        (
            "0 8 * * t",
            (
                "1:9: there are 4 fields before the task instead of five. "
                "Write minute, hour, day of the month, month, day of the week"
            ),
        ),
        (
            "0 8 * * march_report",
            (
                "1:9: there are 4 fields before the task instead of five. "
                "Write minute, hour, day of the month, month, day of the week"
            ),
        ),
        ("* * * * *", "1:10: there is no task. Name one after the five fields"),
        (
            "* * * * * 9t",
            (
                "1:11: bad task identifier '9t'. "
                "It has up to 128 letters, digits, and _ : / -, the first of them a letter or _"
            ),
        ),
        ("0 0 30 2 * t", "1:5: there is no day 30 in month 2. Name a day that the month has"),
        ("* * * * * t # why", "1:13: a comment after an entry. Comments stand on lines of their own"),
        ("* * * * * t ?id=a ?max=3", "1:19: a second group of options. Join options with &, as in ?id=a&fill=1h"),
        ("* * * * * t [1]", "1:13: unexpected '[1]'. After the task come ?options, then a {JSON5 object}"),
        (
            "* * * * * t ?Fill=1h",
            "1:14: unknown option 'Fill'. The options are id, fill, max, queue, priority, job_key, job_key_mode, tz",
        ),
        ("* * * * * t ?id=a&id=b", "1:19: option id is given twice. Give it once"),
        ("* * * * * t ?fill=90", "1:19: bad fill '90'. Write a time phrase: 30m, 12h, 1w2d3h4m5s"),
        ("* * * * * t ?fill=999999999w", "1:19: bad fill '999999999w'. Write a time phrase: 30m, 12h, 1w2d3h4m5s"),
        ("* * * * * t ?fill", "1:14: bad fill. Write a time phrase: 30m, 12h, 1w2d3h4m5s"),
        ("* * * * * t ?max=0", "1:18: bad max '0'. It is 1 to 32767"),
        ("* * * * * t ?max=1e2", "1:18: bad max '1e2'. It is 1 to 32767"),
        ("* * * * * t ?priority=40000", "1:23: bad priority '40000'. It is -32768 to 32767; lower runs sooner"),
        (
            "* * * * * t ?jobKey=k&jobKeyMode=unsafe_dedupe",
            "1:34: bad jobKeyMode 'unsafe_dedupe'. It is replace or preserve_run_at",
        ),
        (
            "* * * * * t ?job_key_mode=replace",
            "1:14: job_key_mode without a job_key. Add job_key=..., or leave it out",
        ),
        (
            "* * * * * t ?tz=Mars/Olympus",
            (
                "1:17: bad tz 'Mars/Olympus'. Write a zone as in tz=Europe/Paris; "
                "where the system has none, pip install 'graphile-worker[cron]'"
            ),
        ),
        (
            "* * * * * t {a: 1} x",
            (
                '1:20: the payload is not JSON5: unexpected "x". '
                "Write an object on this one line, as in {to: 'ada', n: 3}"
            ),
        ),
        (
            "* * * * * t {a: NaN}",
            "1:13: the payload has a number that is not in JSON. Leave out NaN and Infinity",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_remedy(line: str, expected: str) -> None:
    assert problems(line) == [expected]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert [problem.partition(". ")[0] for problem in problems(
        "# c\n60 25 * * * t ?max=x {a\n\n* * * * * good\n* * * * * good\n0 0 * * * again ?id=good"
    )] == [
        "2:1: bad minute 60",
        "2:4: bad hour 25",
        "2:20: bad max 'x'",
        "2:23: the payload is not JSON5: unexpected end of input",
        "5:11: id 'good' is taken by line 4",
        "6:18: id 'good' is taken by line 4",
    ]  # fmt: skip


def test_strict_json_needs_no_library_and_json5_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "json5", None)
    assert Cron.parse('* * * * * t {"a": 1}').payload == {"a": 1}
    with pytest.raises(CrontabError, match="Write strict JSON, or pip install 'graphile-worker\\[cron\\]' for JSON5"):
        Cron.parse("* * * * * t {a: 1}")


@settings(deadline=None)
@given(st.text(st.sampled_from("*/0123456789,- \tabmon?&={}'\":#\\é\n"), max_size=60))
def test_any_text_is_read_or_refused_with_places_in_it(text: str) -> None:
    try:
        Crontab.parse(text)
    except CrontabError as error:
        lines = text.split("\n")
        for problem in error.problems:
            assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
