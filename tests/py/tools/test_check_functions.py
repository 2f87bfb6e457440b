"""The view `functions` against the folders of sql/functions, as `make lint` holds it, and what psql lists of them."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from pathlib import Path

import psycopg
import pytest

from tests.py.support.extension import ROOT, program
from tools.check_functions import Line, Tree, problems, read

TREE = Tree(("adding", "looking"), frozenset({"adding", "looking"}), {"add": "adding", "look": "looking"})
ADD = Line("adding", "add(a text)", "add", "Adds a job.", ("enqueue", "worker"))
LOOK = Line("looking", "look()", "look", "Shows 2.5 of them (a b c).", ("operator",))


def found(*lines: Line, tree: Tree = TREE, api: tuple[Line, ...] | None = None) -> list[str]:
    return list(problems(tree, lines, lines if api is None else api, ["add(a text)", "look()"]))


def test_the_tree_as_it_is(database: str) -> None:
    with psycopg.connect(database) as connection:
        listed, api, public = read(connection)
    assert len(listed) > 50
    assert list(problems(Tree.read(), listed, api, public)) == []


def test_the_tree_says_where_a_function_stands() -> None:
    tree = Tree.read()
    folders = {path.stem: path.parent.name for path in (ROOT / "sql/functions").glob("*/*.sql")}
    assert tree.room_of == folders
    assert set(tree.rooms) == tree.described == set(folders.values())


def test_nothing_is_wrong_with_these() -> None:
    assert found(ADD, LOOK) == []


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ((ADD,), r"^look\(\) stands 0 times"),
        ((ADD, ADD, LOOK), r"^add\(a text\) stands 2 times"),
        ((dataclasses.replace(ADD, room="looking"), LOOK), "^add stands in sql/functions/adding, .* says looking$"),
        ((dataclasses.replace(ADD, roles=("worker", "enqueue")), LOOK), "^add is for worker, enqueue: "),
        ((dataclasses.replace(ADD, roles=("admin",)), LOOK), "^add is for admin: "),
        ((LOOK, ADD), "^_private_api has the rooms in the order looking, adding"),
        ((dataclasses.replace(ADD, does=None), LOOK), "has no comment"),
        ((dataclasses.replace(ADD, does="Jobs are added."), LOOK), "begins with a verb"),
        ((dataclasses.replace(ADD, does="A job is added."), LOOK), "begins with a verb"),
        ((dataclasses.replace(ADD, does="adds a job."), LOOK), "begins with a verb"),
        ((dataclasses.replace(ADD, does=f"Adds {'a' * 200}."), LOOK), "takes 206 characters"),
        ((ADD, LOOK, dataclasses.replace(ADD, name="_private_add", signature="_private_add()")), "is internal"),
    ],
)
def test_finds(lines: tuple[Line, ...], complaint: str) -> None:
    assert any(re.search(complaint, problem) for problem in found(*lines)), found(*lines)


def test_finds_what_the_view_shows_otherwise_than_private_api_has_it() -> None:
    (problem,) = found(ADD, LOOK, api=(dataclasses.replace(ADD, roles=("worker",)), LOOK))
    assert problem.startswith("the view functions and _private_api differ: ")


def test_finds_a_room_that_nobody_describes() -> None:
    tree = dataclasses.replace(TREE, described=frozenset({"adding"}))
    assert found(ADD, LOOK, tree=tree) == ["sql/manifest.txt does not say what lives in the room looking"]


def test_the_pattern_in_the_documentation_lists_the_public_functions_only(database: str) -> None:
    documents = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "sql").rglob("*.md")]
    patterns = {match for path in documents for match in re.findall(r"\\df\S* graphile_worker[^`]*", path.read_text())}
    assert patterns
    with psycopg.connect(database) as connection:
        _, _, public = read(connection)
    names = sorted(signature.partition("(")[0] for signature in public)
    for pattern in patterns:
        assert listed(database, pattern) == names, pattern


def listed(url: str, command: str) -> list[str]:
    """The names that psql lists, one for each function."""
    psql: list[str | Path] = [program("psql"), "-X", "-A", "-t", "-c", command, url]
    output = subprocess.run(psql, capture_output=True, text=True, check=True).stdout
    return sorted(line.split("|")[1] for line in output.splitlines())
