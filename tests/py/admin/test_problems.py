"""What errors mean to the person at the page, and what only the operator's log says."""

from __future__ import annotations

import json
import logging

import psycopg
import pytest
from psycopg import errors
from psycopg_pool import PoolTimeout

from graphile_worker import InvalidJob, JobNotAdded, MigrationError, OutcomeUnknown, SchemaNotInstalled, UnknownName
from graphile_worker.admin._problems import Problem, bad_request, problem_of


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (UnknownName("no such task", sqlstate="GWUTK"), 404, "GWUTK"),
        (InvalidJob("bad priority"), 400, "bad_request"),
        (SchemaNotInstalled("not there"), 503, "schema_not_installed"),
        (JobNotAdded("swallowed"), 409, "conflict"),
        (MigrationError("as it is"), 409, "conflict"),
        (OutcomeUnknown("lost"), 503, "outcome_unknown"),
        (TimeoutError(), 504, "timeout"),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates"), 400, "bad_request"),
        (errors.QueryCanceled("timeout"), 504, "timeout"),
        (errors.InsufficientPrivilege("no"), 403, "forbidden"),
        (errors.ReadOnlySqlTransaction("no"), 409, "conflict"),
        (errors.NumericValueOutOfRange("no"), 400, "bad_request"),
        (PoolTimeout("no connection"), 503, "database_unavailable"),
        (psycopg.OperationalError("connection failed"), 503, "database_unavailable"),
        (errors.DivisionByZero("no"), 400, "bad_request"),
        (errors.SyntaxError("no"), 500, "internal"),
        (KeyError("no"), 500, "internal"),
    ],
)
def test_each_error_has_a_status(error: Exception, status: int, code: str) -> None:
    problem = problem_of(error)
    assert (problem.status, problem.code) == (status, code)


def test_advice_is_for_people_at_a_page() -> None:
    assert problem_of(UnknownName("no", hint="select ...", sqlstate="GWUTK")).hint == (
        "No job of this task has been added yet"
    )
    assert "page for maintenance" in (problem_of(SchemaNotInstalled("no", hint="graphile-worker ...")).hint or "")


@pytest.mark.parametrize(
    "error", [psycopg.OperationalError("host db1 user ada"), errors.SyntaxError("ada"), KeyError("ada")]
)
def test_what_is_the_operators_business_is_only_logged(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    problem = problem_of(error)
    assert "ada" not in f"{problem.message} {problem.hint}"
    [record] = caplog.records
    assert (record.name, record.levelno >= logging.WARNING) == ("graphile_worker", True)
    assert "ada" in record.getMessage() + str(record.exc_info)


def test_a_problem_as_a_response() -> None:
    response = Problem(429, "wait", "too many", "Wait", headers={"retry-after": "6"}, seconds=6).response()
    assert (response.status_code, response.headers["retry-after"]) == (429, "6")
    assert json.loads(response.body) == {"error": {"code": "wait", "message": "too many", "hint": "Wait", "seconds": 6}}
    again = bad_request("no")
    assert problem_of(again) is again
