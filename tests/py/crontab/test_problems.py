"""What is wrong with a crontab is said with its place, all of it at once."""

from __future__ import annotations

import pytest

from graphile_worker import Crontab, CrontabError, InvalidArgument
from graphile_worker._crontab.fields import MINUTE
from graphile_worker._crontab.problems import CrontabProblem, CronValueError


def test_a_problem_is_a_line_as_compilers_write_it() -> None:
    assert str(CrontabProblem("my crontab", 3, 7, "bad", "Do better")) == "my crontab:3:7: bad. Do better"


def test_an_error_has_a_line_for_each() -> None:
    problems = [CrontabProblem("c", n, 1, f"bad {n}", "No") for n in (1, 2)]
    error = CrontabError(problems)
    assert isinstance(error, InvalidArgument)
    assert error.problems == problems
    assert str(error) == "c:1:1: bad 1. No\nc:2:1: bad 2. No"


def test_the_offset_leads_to_the_column() -> None:
    with pytest.raises(CronValueError) as part:
        MINUTE.parse("1,2,60")
    assert part.value.offset == len("1,2,")
    with pytest.raises(CrontabError) as whole:
        Crontab.parse("\n 1,2,60 * * * * t", "c")
    [problem] = whole.value.problems
    assert (problem.line, problem.column) == (2, len(" 1,2,") + 1)
    assert (problem.message, problem.hint) == (str(part.value), part.value.hint)
