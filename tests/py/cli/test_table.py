"""Tables: as wide as the terminal, with what matters most."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from graphile_worker import Client
from graphile_worker._cli.table import Column, render
from tests.py.support.command import terminal, with_ids

Row = tuple[Any, ...]


def column(place: int, header: str, **attributes: Any) -> Column[Row]:
    return Column(header, lambda row: row[place], **attributes)


COLUMNS = [
    column(0, "ID", right=True),
    column(1, "NAME", narrowest=6),
    column(2, "KEY", narrowest=4, rank=2),
    column(3, "NOTE", narrowest=4, rank=1),
]
ROWS = [(1, "short", None, "n" * 30), (200, "a rather long name", "some key", "x")]


def test_as_wide_as_needed() -> None:
    assert render(COLUMNS, ROWS, 200) == [
        " ID  NAME                KEY       NOTE",
        "  1  short                         nnnnnnnnnnnnnnnnnnnnnnnnnnnnnn",
        "200  a rather long name  some key  x",
    ]


def test_the_widest_are_cut_first() -> None:
    lines = render(COLUMNS, ROWS, 50)
    assert lines == [
        " ID  NAME              KEY       NOTE",
        "  1  short                       nnnnnnnnnnnnnnnn…",
        "200  a rather long n…  some key  x",
    ]


@pytest.mark.parametrize("width", range(10, 80))
def test_never_wider_than_the_terminal(width: int) -> None:
    lines = render(COLUMNS, ROWS, width)
    # What can't be cut any more is not left out: the number and the beginning of the name.
    assert max(map(cell_len, lines)) <= max(width, len("200  a rat…"))
    assert lines[2].startswith("200  a rat")


def test_columns_go_by_rank_where_there_is_no_room() -> None:
    headers = [render(COLUMNS, ROWS, width)[0].split() for width in (23, 22, 16)]
    assert headers == [["ID", "NAME", "KEY", "NOTE"], ["ID", "NAME", "NOTE"], ["ID", "NAME"]]


def test_columns_with_nothing_to_say_are_left_out() -> None:
    assert render(COLUMNS, [(1, "a", None, ""), (2, "b", "", None)], 80) == ["ID  NAME", " 1  a", " 2  b"]


def test_wide_and_combining_characters_are_counted_as_shown() -> None:
    lines = render(
        COLUMNS, [(1, "日本語日本語", None, "|"), (2, "e\u0301", None, "|"), (3, "abcdefghijkl", None, "|")], 80
    )
    assert [cell_len(line.partition("|")[0]) for line in lines[1:]] == [18, 18, 18]


def test_values_are_no_markup() -> None:
    lines = render(COLUMNS, [(1, "[red]:smile:[/red]", None, "[not]"), (2, "[/]", None, "\x1b[31m")], 80)
    assert lines[1:] == [" 1  [red]:smile:[/red]  [not]", " 2  [/]                 \\x1b[31m"]


def test_what_is_cut_says_so_without_unicode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "ascii"))
    assert render(COLUMNS, ROWS, 40)[2] == "200  a rather l~  some key  x"


@pytest.mark.parametrize(
    ("command", "is_imported"),
    [("list", True), ("list --json", False), ("add hello", False), ("show #1", False), ("run --help", False)],
)
def test_rich_is_imported_for_a_table_only(
    shared_database: str, tmp_path: Path, command: str, is_imported: bool
) -> None:
    with Client(shared_database) as client:
        client.add_job("hello")
    imports = tmp_path / "imports"
    words = with_ids(*command.split())
    screen = terminal(*words, url=shared_database, stderr=imports, PYTHONPROFILEIMPORTTIME="1")
    assert screen.exit_code == 0
    assert bool(re.search(r"\| +rich\b", imports.read_text())) is is_imported


@pytest.mark.parametrize("variable", ["NO_COLOR", "FORCE_COLOR"])
def test_a_table_is_of_one_colour(shared_database: str, variable: str) -> None:
    with Client(shared_database) as client:
        client.add_job("hello")
    assert "\x1b" not in terminal("list", url=shared_database, **{variable: "1"}).text
