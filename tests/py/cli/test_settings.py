"""The global options as they were given, and how people are told to give them again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graphile_worker._cli.settings import Settings

URL = "postgresql://ada:s3cret@db/app"


@pytest.mark.parametrize(
    ("given", "command"),
    [
        ({}, "graphile-worker show 7"),
        ({"database_url": URL}, "graphile-worker show 7"),
        (
            {"database_url": URL, "explicit": {"database_url"}},
            "graphile-worker --database-url 'postgresql://ada:***@db/app' show 7",
        ),
        ({"schema": "My Queue", "explicit": {"schema"}}, "graphile-worker --schema 'My Queue' show 7"),
        (
            {"embedded": True, "embedded_dir": Path("/a b"), "explicit": {"embedded_dir"}},
            "graphile-worker --embedded --embedded-dir '/a b' show 7",
        ),
    ],
)
def test_a_command_reaches_the_same_queue_without_a_password(given: dict[str, Any], command: str) -> None:
    assert Settings(**given).command("show", "7") == command


@pytest.mark.parametrize(
    ("given", "source"),
    [
        ({}, "DATABASE_URL"),
        ({"explicit": {"database_url"}}, "--database-url"),
        ({"embedded": True}, "--embedded"),
    ],
)
def test_where_the_address_comes_from(given: dict[str, Any], source: str) -> None:
    assert Settings(**given).url_source == source


def test_its_representation_has_no_password() -> None:
    assert "s3cret" not in repr(Settings(database_url=URL))
