"""Runs one file of pgTAP tests and judges what it printed."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.pq import ExecStatus, TransactionStatus

# A file that waits for a lock it will never get is ended by the server.
STATEMENT_TIMEOUT = "60s"

_PLAN = re.compile(r"1\.\.(\d+)$")
_RESULT = re.compile(r"(not )?ok\b\s*\d*\s*(?:-\s*)?(.*?)\s*(?:#\s*(todo|skip)\b(.*))?$", re.IGNORECASE)


class TapFailure(Exception):
    """The file failed; the message is the report."""


@dataclass
class Tap:
    """What the lines of a TAP stream say."""

    plans: list[int] = field(default_factory=list)
    tests: int = 0
    last_test: str = ""
    bailed_out: str | None = None
    failures: list[list[str]] = field(default_factory=list)
    _in_failure: bool = False

    def read(self, text: str) -> None:
        """Take in one line, or several; what is not TAP is passed over."""
        for line in text.splitlines():
            if plan := _PLAN.match(line):
                self.plans.append(int(plan[1]))
                self._in_failure = False
            elif line.startswith("Bail out!"):
                self.bailed_out = line.removeprefix("Bail out!").strip()
            elif result := _RESULT.match(line):
                self.tests += 1
                self.last_test = f"{self.tests} - {result[2]}"
                # A failing test that is marked `todo` is expected to fail.
                self._in_failure = bool(result[1]) and not (result[3] and result[3].lower() == "todo")
                if self._in_failure:
                    self.failures.append([line])
            elif line.startswith("#") and self._in_failure and not line.startswith("# Looks like"):
                self.failures[-1].append("    " + line.removeprefix("#").strip())

    def problems(self) -> list[str]:
        """Everything that makes the file fail, ready to be printed."""
        found = ["\n".join(lines) for lines in self.failures]
        if self.bailed_out is not None:
            found.append(f"bailed out: {self.bailed_out}")
        if not self.plans:
            found.append("no plan: begin with `select plan(n);`, or no_plan(), and end with `select * from finish();`")
        elif len(self.plans) > 1:
            found.append(f"{len(self.plans)} plans: one file, one plan")
        elif self.plans[0] != self.tests:
            found.append(f"{self.plans[0]} tests planned, {self.tests} run")
        elif self.tests == 0:
            found.append("no test run")
        return found


def run_file(url: str, path: Path) -> None:
    """Run the file in a transaction and roll it back. Raises TapFailure with everything that went wrong in it."""
    text = path.read_bytes()
    tap = Tap()
    notices: list[str] = []
    # Closed without a commit: that rolls back.
    with closing(psycopg.connect(url, options=f"-c statement_timeout={STATEMENT_TIMEOUT}")) as connection:
        connection.add_notice_handler(lambda notice: notices.append(f"{notice.severity}: {notice.message_primary}"))
        connection.execute("select")  # begins the transaction
        problem = _execute(connection, text, tap)
        problems = tap.problems() if problem is None else ["\n".join(lines) for lines in tap.failures] + [problem]
        if problem is None and connection.info.transaction_status != TransactionStatus.INTRANS:
            problems.append("the file ended the transaction: no commit or rollback, the runner does that")
    if problems:
        if notices:
            problems.append("\n".join(["notices:", *notices[-20:]]))
        raise TapFailure("\n\n".join(problems))


def _execute(connection: psycopg.Connection, text: bytes, tap: Tap) -> str | None:
    """Send the file, read every result of it; returns the report of an error.

    Below psycopg's cursors, which drop the results that came before an error: they tell how far the file got.
    """
    pgconn = connection.pgconn
    pgconn.send_query(text)
    problem = None
    while (result := pgconn.get_result()) is not None:
        if result.status == ExecStatus.TUPLES_OK:
            for row in range(result.ntuples):
                value = result.get_value(row, 0) if result.nfields else None
                tap.read(value.decode() if value else "")
        elif result.status == ExecStatus.FATAL_ERROR:
            error = psycopg.errors.error_from_result(result)
            problem = _describe(error, text, tap)
        elif result.status in (ExecStatus.COPY_IN, ExecStatus.COPY_OUT):
            pgconn.finish()
            return "copy from stdin or to stdout cannot be used here"
    return problem


def _describe(error: psycopg.Error, text: bytes, tap: Tap) -> str:
    diag = error.diag
    lines = [f"{diag.severity}: {diag.message_primary} (SQLSTATE {diag.sqlstate})"]
    if diag.statement_position:
        before = text.decode()[: int(diag.statement_position)]
        lines.append(f"  at line {before.count(chr(10)) + 1} of the file")
    for label, value in (("detail", diag.message_detail), ("hint", diag.message_hint), ("context", diag.context)):
        if value:
            lines.append(f"  {label}: " + value.replace("\n", "\n    "))
    lines.append(f"  after test {tap.last_test}" if tap.tests else "  before the first test")
    return "\n".join(lines)
