"""The check of words finds each kind of docstring and line that is not as it should be, and passes those that are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import check_words

THIRD, IMPERATIVE = "third person", "imperative"


@pytest.mark.parametrize(
    "docstring",
    [
        "The crontab in a file.",
        "Whether somebody is there to answer.",
        "How many jobs were changed.",
        "What it stands for.",
        "By the five fields.",
        "So many jobs.",
        "An address, perhaps with a port.",
        "Nobody else starts this server.",
        "This side with the options of a preset.",
        "Its name in the log.",
        "Bytes in the largest unit.",
        "Seconds until there is another try.",
        "Jobs, the newest first.",
        "Named queues, by name.",
        "GET: `handler` gets the query parameters.",
        "`connection` when it is one of psycopg 3.",
        ">>> number(1)\n'1'",
        "Return the rows.",
        "Reads.",
        "Reads. Raises OSError.",
    ],
)
def test_a_function_without_a_verb_or_object_is_found(docstring: str) -> None:
    assert check_words.wrong_verb(docstring, THIRD) is not None


@pytest.mark.parametrize("docstring", ["Returns the rows.", "The rows.", "Reads.", "Where the cluster goes.", "Jobs."])
def test_imperative_is_asked_for_where_functions_are_commands(docstring: str) -> None:
    assert check_words.wrong_verb(docstring, IMPERATIVE) is not None


@pytest.mark.parametrize(
    ("docstring", "mood"),
    [
        ("Returns the rows.", THIRD),
        ("Adds a job; raises InvalidJob.\n\nMore about jobs.", THIRD),
        ("Tells whether the run was in flight.", THIRD),
        ("Counts the columns that the text takes.", THIRD),
        ("Return the rows.", IMPERATIVE),
        ("Pass the lock on.", IMPERATIVE),
    ],
)
def test_a_verb_with_its_object_is_well(docstring: str, mood: check_words.Mood) -> None:
    assert check_words.wrong_verb(docstring, mood) is None


@pytest.mark.parametrize(
    "docstring",
    ["The last of them.", "There may be one.", "The same.", "When it is due.", "They are the ones.", "His turn."],
)
def test_a_pronoun_without_a_noun_is_found_in_any_docstring(docstring: str) -> None:
    assert check_words.wrong_pronoun(docstring, has_verb=False) is not None


@pytest.mark.parametrize(
    "docstring", ["Ends it.", "Asks it to stop the loop.", "Returns the last of them.", "Tells whether it is alive."]
)
def test_the_verb_is_no_noun(docstring: str) -> None:
    assert check_words.wrong_pronoun(docstring, has_verb=True) is not None


@pytest.mark.parametrize(
    ("docstring", "has_verb"),
    [
        ("The names of the job's flags.", False),
        ("A job, and when it is due.", False),
        ("One event, and those after it.", False),
        ("`attempts`, or None without them.", False),
        ("Closes the pool, and waits for it.", True),
        ("Runs the loop.", True),
    ],
)
def test_a_pronoun_behind_its_noun_is_well(docstring: str, has_verb: bool) -> None:
    assert check_words.wrong_pronoun(docstring, has_verb=has_verb) is None


MODULE = '''
"""A module."""


class Crontab:
    """Entries of a crontab."""

    @property
    def name(self):
        """The name of the crontab."""

    @property
    def last(self):
        """The last of them."""

    async def load(self):
        """The crontab in a file."""

        def inner():
            """Whether the file is there."""


@click.command(cls=Command)
def add():
    """{command}"""
'''


def found(room: str, command: str) -> list[int]:
    return [line for line, _ in check_words.docstrings(MODULE.replace("{command}", command), room)]


def test_each_docstring_of_a_module_is_looked_at() -> None:
    assert sorted(found("admin", "Adds a job.")) == [14, 17, 20]


def test_commands_are_imperative_in_the_room_of_the_command_line_only() -> None:
    assert sorted(found("_cli", "Add a job.")) == [14, 17, 20]
    assert 25 in found("_cli", "Adds a job.")
    assert 25 in found("admin", "Add a job.")


LONG = "x" * (check_words.LONGEST + 1)
BAD = 'def f():\n    """The rows."""\n'


def problems(root: Path, name: str, text: str) -> list[str]:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)
    return list(check_words.problems(root))


@pytest.mark.parametrize("name", ["README.md", "docs/a.md", "sql/README.md", "sql/functions/adding/add_job.sql"])
def test_a_long_line_is_found(tmp_path: Path, name: str) -> None:
    assert problems(tmp_path, name, f"short\n{LONG}\n") == [f"{name}:2: longer than 120 characters"]
    assert problems(tmp_path, name, LONG[1:]) == []


def test_figures_and_released_migrations_may_be_long(tmp_path: Path) -> None:
    assert problems(tmp_path, "docs/a.md", f"<!-- bench: x -->\n{LONG}\n<!-- end: x -->\n") == []
    assert problems(tmp_path, "docs/a.md", f"<!-- bench: x -->\n<!-- end: x -->\n{LONG}\n") != []
    (tmp_path / "docs/a.md").unlink()
    assert problems(tmp_path, "sql/migrations/shared/011_tasks.sql", LONG) == []


def test_rows_of_tables_in_documents_may_be_long(tmp_path: Path) -> None:
    assert problems(tmp_path, "docs/a.md", f"| {LONG} |\n") == []
    assert problems(tmp_path, "docs/a.md", f" {LONG} |\n") != []
    (tmp_path / "docs/a.md").unlink()
    assert problems(tmp_path, "sql/functions/adding/add_job.sql", f"|| '{LONG}'\n") != []


def test_docstrings_of_the_package_are_held_but_for_twins(tmp_path: Path) -> None:
    assert problems(tmp_path, "py/graphile_worker/_client/twin.py", f'"""Generated from async_x.py."""\n{BAD}') == []
    path = "py/graphile_worker/_client/a.py"
    assert problems(tmp_path, path, BAD) == [f"{path}:2: docstring does not begin with a verb: The rows."]


def test_the_docstrings_of_the_tree_as_it_is() -> None:
    assert [line for line in check_words.problems(check_words.ROOT) if "docstring" in line] == []
