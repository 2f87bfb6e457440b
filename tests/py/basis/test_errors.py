"""Every error code of the SQL: raised and commented, in sql/README.md, and an exception of this package.

What a function can raise is computed over the functions it calls, from their sources in the catalog.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from graphile_worker import Client, GraphileWorkerError, MigrationError, SchemaNotInstalled
from tests.py.support.sessions import connect

SQL = Path(__file__).parents[3] / "sql"
CODE = re.compile(r"\bGW[A-Z]{3}\b")

# What each of these says of one argument. Called with null or a literal for it, they can't raise that.
ABOUT_ARGUMENTS = {
    "_private_check_job": {
        "identifier": "GWBID",
        "queue_name": "GWBQN",
        "max_attempts": "GWBMA",
        "job_key": "GWBKY",
        "priority": "GWBPR",
        "flags": "GWBFL",
    },
    "_private_schedule_now": {"now": "GWBTK"},
    "reschedule_jobs": {"priority": "GWBPR", "attempts": "GWBAT", "max_attempts": "GWBMA", "job_ids": "GWSUP"},
}
# What the sources call, and values that never come to it keep from being raised.
NEVER_RAISED = {
    ("add_jobs", "GWBPR"): "the priority of a spec is a smallint: every one is allowed",
    ("schedule_crontabs", "GWBFL"): "a crontab entry has no flags",
    ("check_crontabs", "GWBFL"): "a crontab entry has no flags",
    ("_private_schedule_next", "GWBLM"): "it asks next_ticks for one",
    ("_private_schedule_next", "GWBTI"): "its instants are finite",
    ("_private_schedule_ticks", "GWBSC"): "it tells what it can",
    ("_private_schedule_ticks", "GWBTZ"): "it tells what it can",
    ("_private_schedule_words", "GWBSC"): "it tells what it can",
    ("_private_due_schedules", "GWBSC"): "it keeps the error",
    ("_private_due_schedules", "GWBTZ"): "it keeps the error",
    ("_private_schedule_tick", "GWNOR"): "it keeps the error",
    **{
        (name, code): "a schedule has been looked at, and has no flags"
        for name in ("_private_schedule_tick", "run_schedule_now")
        for code in ("GWBFL", "GWBID", "GWBKY", "GWBMA", "GWBQN")
    },
    ("limit_task", "GWBPT"): "a task's name is no pattern",
    ("limit_task", "GWBQN"): "it names no queue",
    ("limit_queue", "GWBID"): "it names no task",
    ("get_jobs", "GWBDU"): "it hands nothing in",
    ("add_unique_job", "GWBKM"): "it gives add_job no key",
    ("add_unique_job", "GWBKY"): "it gives add_job no key",
    ("add_unique_jobs", "GWBKY"): "its specs have no key",
    ("resume_worker", "GWBDU"): "it leaves return_jobs the delay of none",
    ("resume_worker", "GWBAL"): "it gives return_jobs no instants",
    ("resume_worker", "GWBTI"): "it gives return_jobs no instants",
    ("sweep_stale_workers", "GWBLM"): "it asks expire_jobs for 10000",
    (
        "sweep_stale_workers",
        "GWBAL",
    ): "it makes both arrays of recover_workers itself, with one element each per worker",
}
# Codes that no call of Client or AsyncClient meets.
NOT_FOR_CLIENTS = {
    "GWNRG": "a claim by a worker that was taken for dead: the worker's own business",
    "GWBRK": "grant_role is for the owner, at psql",
    "GWURO": "grant_role is for the owner, at psql",
    "GWPUB": "grant_role is for the owner, at psql",
    "GWMLK": "migrations, which say what stands in their way by MigrationError",
    "GWMTL": "migrations, which say what stands in their way by MigrationError",
}


@dataclass
class Function:
    """A function of the schema; overloads are functions of their own."""

    signature: str
    name: str
    source: str
    comment: str
    parameters: set[str]
    raised: set[str] = field(default_factory=set)
    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def is_public(self) -> bool:
        return not self.name.startswith("_")

    @property
    def documented(self) -> set[str]:
        return set(CODE.findall(self.comment.partition("Errors:")[2]))


@pytest.fixture
def functions(shared_database: str) -> list[Function]:
    with connect(shared_database) as connection:
        rows = connection.execute(
            """
            select
              p.oid::regprocedure::text, p.proname::text, p.prosrc, coalesce(obj_description(p.oid, 'pg_proc'), ''),
              coalesce(p.proargnames, '{}')
            from pg_proc as p where p.pronamespace = 'graphile_worker'::regnamespace
            """
        ).fetchall()
    found = [
        Function(signature, name, _without_comments(source), comment, set(parameters))
        for signature, name, source, comment, parameters in rows
    ]
    for function in found:
        caught = set(re.findall(r"when sqlstate '(GW\w{3})'", function.source))
        function.raised = set(re.findall(r"errcode = '(GW\w{3})'", function.source)) - caught
        function.calls = list(_calls(function.source))
    return found


def _without_comments(source: str) -> str:
    return re.sub(r"--[^\n]*", "", source)


def _calls(source: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The functions of the schema that are called, each with its arguments by name as far as they are given so."""
    for match in re.finditer(r"\bgraphile_worker\"?\.(\w+)\(", source):
        arguments = (part.partition("=>") for part in _split(source[match.end() :]))
        yield match[1], {name.strip(): value.strip() for name, arrow, value in arguments if arrow}


def _split(text: str) -> Iterator[str]:
    """The arguments of a call, of which `text` begins with the first."""
    depth, start, quoted = 0, 0, False
    for position, character in enumerate(text):
        quoted ^= character == "'"
        if quoted:
            continue
        if depth == 0 and character in ",)":
            yield text[start:position]
            start = position + 1
            if character == ")":
                return
        depth += (character in "([") - (character in ")]")
    raise AssertionError(f"no end of the call: {text[:80]}")


def _reachable(functions: list[Function]) -> dict[str, set[str]]:
    """What each function can raise, by signature: itself, and what its callees leave when they are called so."""
    by_name: dict[str, list[Function]] = {}
    for function in functions:
        by_name.setdefault(function.name, []).append(function)
    codes = {function.signature: set(function.raised) for function in functions}
    while True:
        before = {signature: set(raised) for signature, raised in codes.items()}
        for function in functions:
            for name, arguments in function.calls:
                spared = {
                    code
                    for argument, code in ABOUT_ARGUMENTS.get(name, {}).items()
                    if arguments and re.fullmatch(r"null|'any'|0", arguments.get(argument, "null"))
                }
                # Of overloads the one that has the arguments.
                for callee in (callee for callee in by_name.get(name, []) if callee.parameters >= arguments.keys()):
                    codes[function.signature] |= codes[callee.signature] - spared
            codes[function.signature] -= {code for name, code in NEVER_RAISED if name == function.name}
        if codes == before:
            return codes


def test_comments_name_the_codes_that_can_be_raised(functions: list[Function]) -> None:
    codes = _reachable(functions)
    public = [function for function in functions if function.is_public]
    assert len(public) > 50
    missing = {f.signature: sorted(codes[f.signature] - f.documented) for f in public}
    assert {signature: some for signature, some in missing.items() if some} == {}, "raised, and not in the comment"
    empty = {f.signature: sorted(f.documented - codes[f.signature]) for f in public}
    assert {signature: some for signature, some in empty.items() if some} == {}, "in the comment, and never raised"


def test_codes_stand_in_comments_behind_the_word_errors(functions: list[Function]) -> None:
    """Elsewhere in a comment a code may only be told of again."""
    strays = {f.signature: set(CODE.findall(f.comment)) - f.documented for f in functions if f.is_public}
    assert {signature: some for signature, some in strays.items() if some} == {}


def test_what_is_said_of_single_arguments_and_exceptions_still_holds(functions: list[Function]) -> None:
    sources = {function.name: function for function in functions}
    codes = _reachable(functions)
    for name, about in ABOUT_ARGUMENTS.items():
        assert set(about.values()) == codes[sources[name].signature] - {"GWBNS"}, name
    spared = dict(NEVER_RAISED)
    NEVER_RAISED.clear()
    try:
        codes = _reachable(functions)
    finally:
        NEVER_RAISED.update(spared)
    for name, code in spared:
        assert code in codes[sources[name].signature], f"{code} of {name}: nothing is left to be excepted"


def _raised_anywhere() -> set[str]:
    """Every code that some SQL of the product raises and nobody catches, migrations included."""
    codes: set[str] = set()
    for path in SQL.rglob("*.sql"):
        text = _without_comments(path.read_text())
        codes |= set(re.findall(r"errcode = '(GW\w{3})'", text)) - set(re.findall(r"when sqlstate '(GW\w{3})'", text))
    return codes


def test_the_readme_has_a_line_per_code() -> None:
    lines = re.findall(r"^\| `(GW\w{3})` \|", (SQL / "README.md").read_text(), re.MULTILINE)
    assert sorted(lines) == sorted(set(lines))
    assert set(lines) == _raised_anywhere()


@pytest.mark.parametrize("code", sorted(_raised_anywhere() - NOT_FOR_CLIENTS.keys()))
def test_a_code_becomes_an_exception_of_this_package(shared_database: str, code: str) -> None:
    with connect(shared_database) as connection, connection.transaction(force_rollback=True):
        connection.execute(
            f"""
            create or replace function graphile_worker.list_paused() returns table (
              kind text, name text, paused_at timestamptz, paused_by text, reason text, until timestamptz
            ) language plpgsql as $$
            begin raise exception using errcode = '{code}', message = 'no', hint = 'Say yes.'; end $$
            """.encode()
        )
        with pytest.raises(GraphileWorkerError) as raised, connection.transaction():
            Client(connection).list_paused()
    assert (raised.value.sqlstate, raised.value.hint, str(raised.value)) == (code, "Say yes.", "no. Say yes.")
    assert not isinstance(raised.value, MigrationError)


def test_codes_that_clients_do_not_meet_are_those_there_are() -> None:
    assert NOT_FOR_CLIENTS.keys() <= _raised_anywhere()


def test_a_column_that_a_trigger_misses_is_not_one_that_the_schema_misses(database: str) -> None:
    with connect(database) as connection:
        connection.execute(
            """
            create function broken() returns trigger language plpgsql as $$
            begin perform j.colour from graphile_worker._private_jobs as j; return new; end $$;
            create trigger broken before insert on graphile_worker._private_jobs
              for each row execute function broken()
            """
        )
        with pytest.raises(psycopg.errors.UndefinedColumn):
            Client(connection).add_job("t")


def test_a_column_that_the_schema_misses_wants_a_migration(database: str) -> None:
    with connect(database) as connection:
        connection.execute(
            """
            drop function graphile_worker.show_job;
            create function graphile_worker.show_job(job_id bigint) returns table (id bigint)
              language sql as 'select job_id'
            """
        )
        with pytest.raises(SchemaNotInstalled, match="graphile-worker migrate"):
            Client(connection).show_job(1)
