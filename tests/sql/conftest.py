"""Runs the pgTAP files: `pytest tests/sql/adding/test_add_job.sql`, one test a file.

A file is plain SQL. It starts with `select plan(n);` or `select * from no_plan();`, ends with
`select * from finish();`, and contains no `begin` and `rollback`: it runs in a transaction of its own, on a database of
its own that has the schema and pgTAP. Whatever a statement returns that is not TAP is ignored, so
`select graphile_worker.add_job(...)` is fine.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import support
from tests.sql import tap

VENDORED = Path(__file__).parents[1] / "vendor" / "pgtap.sql"


def pytest_collect_file(parent: pytest.Collector, file_path: Path) -> pytest.File | None:
    if file_path.suffix == ".sql" and file_path.name.startswith("test_"):
        return TapFile.from_parent(parent, path=file_path)
    return None


class TapFile(pytest.File):
    """A file of SQL; it makes one test."""

    def collect(self) -> Iterator[pytest.Item]:
        def run(pgtap_database: str) -> None:
            __tracebackhide__ = True
            tap.run_file(pgtap_database, self.path)

        yield TapItem.from_parent(self, name=self.path.stem, callobj=run)


class TapItem(pytest.Function):
    """The test of a file: a function, as far as fixtures go, that is reported as the file."""

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, self.path.stem

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], **options: Any) -> Any:
        if isinstance(excinfo.value, tap.TapFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo, **options)


@pytest.fixture(scope="session")
def pgtap_template(server_url: str, template: str) -> Iterator[str]:
    """The name of a database with the schema and pgTAP, to copy from."""
    name = support.create_database(server_url, template, label="pgtap")
    with psycopg.connect(support.database_url(server_url, name), autocommit=True) as connection:
        _load_pgtap(connection)
    support.start_ids(support.database_url(server_url, name))
    yield name
    support.drop_database(server_url, name)


@pytest.fixture
def pgtap_database(server_url: str, pgtap_template: str) -> Iterator[str]:
    """The url of a fresh copy, as a rollback does not take back the numbers of identity columns."""
    with support.temporary_database(server_url, pgtap_template, label="tap") as url:
        yield url


def _load_pgtap(connection: psycopg.Connection[Any]) -> None:
    """Take the server's pgTAP if it has one and lets us, else ours."""
    if connection.execute("select from pg_available_extensions where name = 'pgtap'").rowcount:
        try:
            connection.execute("create extension pgtap")
        except psycopg.errors.InsufficientPrivilege:
            pass
        else:
            return
    connection.execute(VENDORED.read_bytes())
