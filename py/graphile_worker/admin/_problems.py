"""Errors of the admin API: a status, and what is wrong and what to do as JSON."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import errors
from psycopg_pool import PoolClosed, PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from .._basis.errors import (
    GraphileWorkerError,
    InvalidArgument,
    InvalidJob,
    JobNotAdded,
    MigrationError,
    OutcomeUnknown,
    PayloadError,
    SchemaNotInstalled,
    UnknownName,
    translate,
)
from .._basis.log import logger
from .._basis.printable import first_line
from ._json import JsonResponse


class Problem(Exception):
    """An error response. `more` are further members of the error."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        hint: str | None = None,
        *,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint
        self.headers = headers
        self.more = more

    def response(self) -> Response:
        error = {"code": self.code, "message": self.message, "hint": self.hint, **self.more}
        return JsonResponse({"error": error}, self.status, headers=self.headers)


def bad_request(message: str, hint: str | None = None) -> Problem:
    return Problem(400, "bad_request", message, hint)


_BY_CLASS: tuple[tuple[type[GraphileWorkerError], int, str], ...] = (
    (UnknownName, 404, "not_found"),
    (InvalidJob, 400, "bad_request"),
    (InvalidArgument, 400, "bad_request"),
    (PayloadError, 400, "bad_request"),
    (SchemaNotInstalled, 503, "schema_not_installed"),
    (JobNotAdded, 409, "conflict"),
    (MigrationError, 409, "conflict"),
    (OutcomeUnknown, 503, "outcome_unknown"),
)


# What the database advises to do in SQL, or the client on a command line.
_HINTS = {
    "GWUTK": "No job of this task has been added yet",
    "GWUQU": "No job has been added to this queue yet, or it was cleaned up",
    "GWUSC": "It may have been removed",
    "GWBPT": "One * may stand at the end, and nowhere else",
    "GWBRT": "A rate is so many per interval; an interval and a burst need one",
    "GWBWD": "It is 1 to 1000000; to stop all, pause it",
    "schema_not_installed": "Migrate it: on the page for maintenance, or with `graphile-worker migrate`",
}


def problem_of(error: Exception) -> Problem:
    """Returns the error response for an exception. What only the operator of the server should see is logged."""
    match error:
        case Problem():
            return error
        case TimeoutError() | errors.QueryCanceled():
            return Problem(504, "timeout", "the database took too long to answer", "Narrow the filter, or try again")
        case GraphileWorkerError():
            return _of_this_package(error)
        case psycopg.Error():
            return _of_database(error)
        case UnicodeError():
            return bad_request("a text holds characters that have no UTF-8 form", "Remove the lone surrogates")
        case _:
            logger.error("the admin page could not answer", exc_info=error)
            return Problem(500, "internal", "something went wrong in the admin server", "Its log says what")


def _of_this_package(error: GraphileWorkerError) -> Problem:
    message = str(error.args[0])
    for cls, status, code in _BY_CLASS:
        if isinstance(error, cls):
            own = error.sqlstate if (error.sqlstate or "").startswith("GW") else None
            return Problem(status, own or code, message, _HINTS.get(own or code, error.hint))
    logger.error("the admin page could not answer", exc_info=error)
    return Problem(500, "internal", message, error.hint)


def _of_database(error: psycopg.Error) -> Problem:
    if translated := translate(error):
        return _of_this_package(translated)
    match error:
        case PoolTimeout() | PoolClosed():
            return _unavailable(error)
        case errors.InsufficientPrivilege():
            return Problem(
                403,
                "forbidden",
                error.diag.message_primary or "the database does not allow this",
                "Let the admin server connect as a role with the operator functions: see grant_role",
            )
        case errors.ReadOnlySqlTransaction():
            return Problem(409, "conflict", "this database server only reads", "Connect to the primary")
        case psycopg.DataError():
            # Out of range, or a NUL in a text: nothing secret is in it.
            return bad_request(error.diag.message_primary or str(error))
        case psycopg.OperationalError() | psycopg.InterfaceError():
            return _unavailable(error)
    code = error.sqlstate or ""
    if code.startswith("GW"):
        # Of a newer schema: it says itself what is wrong.
        return Problem(400, code, error.diag.message_primary or code, error.diag.message_hint)
    logger.error("the admin page could not answer", exc_info=error)
    return Problem(500, "internal", "the database refused this", "The log of the admin server says why")


def _unavailable(error: psycopg.Error) -> Problem:
    # libpq's message has hosts and users in it.
    logger.warning("the admin page has no database: %s", first_line(error))
    return Problem(
        503,
        "database_unavailable",
        "the database does not answer",
        "It is tried again; the log of the admin server says more",
    )


async def on_http_exception(_request: Request, error: Exception) -> Response:
    """Returns the error response for the router's errors: no such page, no such method."""
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "bad_request")
    message = {404: "there is nothing at this address", 405: "this address does not take that method"}
    problem = Problem(error.status_code, code, message.get(error.status_code, error.detail))
    problem.headers = dict(error.headers) if error.headers else None
    return problem.response()
