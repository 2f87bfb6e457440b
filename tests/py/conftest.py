"""Databases for files with many small tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import support
from tests.py.support.sessions import remove_everything


@pytest.fixture(scope="module")
def module_database(server_url: str, template: str) -> Iterator[str]:
    """The url of a database with the schema installed, that all tests of a file share."""
    with support.temporary_database(server_url, template, label="module") as url:
        yield url


@pytest.fixture
def shared_database(module_database: str) -> str:
    """The same, without jobs, queues, tasks and workers; a test that changes more than rows asks for `database`."""
    remove_everything(module_database)
    support.start_ids(module_database)
    return module_database
