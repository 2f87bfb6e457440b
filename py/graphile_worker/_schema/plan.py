"""Which steps lead from what a schema holds to this release, each with the SQL that makes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from .._basis.printable import printable
from .._basis.schema_name import PLACEHOLDER, quote_schema
from .._basis.version import __version__
from . import sources
from .state import SHARED_REVISION, State

# Of the shared revisions; what other runtimes recorded above 18 says nothing about the tables.
BREAKING_REVISIONS = frozenset({1, 3, 11, 13, 14, 16})

_DONE = {"install": "installed", "apply": "applied", "record": "recorded", "take": "took", "supply": "supplied"}


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a migration: SQL for one transaction, in which its ledger row is written, too."""

    name: str
    summary: str
    """The step in words, as an order: `install ...`."""
    sql: str
    kind: Literal["tables", "bundle"] = "tables"
    breaking: bool = False
    """Whether workers of older releases have to stop, and are told so."""
    also: tuple[str, ...] = ()
    """Names of migrations of our own that are a part of it."""

    @property
    def done(self) -> str:
        """The summary once it is done: `installed ...`."""
        verb, _, rest = self.summary.partition(" ")
        return f"{_DONE[verb]} {rest}" if verb in _DONE else self.summary


@dataclass(frozen=True, slots=True)
class MigrationPlan:
    """The steps that `migrate` would make."""

    schema: str
    steps: tuple[Step, ...]
    warnings: tuple[str, ...]
    owner: str | None = None

    def script(self) -> str:
        """Returns the steps as SQL for `psql -v ON_ERROR_STOP=1`, for those who review or apply it by hand.

        It holds for the schema as it is now. Each step is a transaction that fails when it has been made already.
        """
        lines = [_comment(f"graphile-worker {__version__}: schema {self.schema}, as it was when this was written.")]
        lines += [_comment(f"Warning: {warning}") for warning in self.warnings]
        if not self.steps:
            lines.append("-- Nothing to do.")
        for step in self.steps:
            lines += [
                "\n" + _comment(f"{step.name}: {step.summary}"),
                "begin;",
                *(f"{statement};" for statement in preamble(self.schema)),
                *([f"{act_as(self.owner)};"] if self.owner else []),
                step.sql.strip(),
                "commit;",
            ]
        return "\n".join(lines) + "\n"


def _comment(text: str) -> str:
    """Returns a name in one line, for a comment in SQL: what follows a line break would be run."""
    return f"-- {printable(text)}"


def no_timeouts() -> Iterator[str]:
    """Yields statements that switch off timeouts set for applications: neither a migration nor its wait is limited."""
    # What others did is to be seen once they are done. Before any query, or it can't be set.
    yield "set transaction isolation level read committed"
    for setting in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        yield f"set local {setting} to 0"
    # PostgreSQL 17 has one more.
    yield "select set_config(s.name, '0', true) from pg_catalog.pg_settings as s where s.name = 'transaction_timeout'"


def preamble(schema: str) -> Iterator[str]:
    """Yields the statements that begin the transaction of a step; one of them waits for the schema's migration lock."""
    yield from no_timeouts()
    yield f"select pg_advisory_xact_lock(hashtextextended('graphile_worker migrate ' || '{schema}', 0))"
    # The sources name the schema of everything; nothing of the caller's may come in between.
    yield "set local search_path to pg_catalog, pg_temp"
    yield "set local client_min_messages to warning"


def act_as(owner: str) -> str:
    """Returns the statement that makes the tables' `owner` the owner of what a transaction creates, too."""
    return 'set local role "{}"'.format(owner.replace('"', '""'))


def make_plan(state: State, *, refusal: str | None = None) -> MigrationPlan:
    """Returns the steps for a schema in this state."""
    steps = list(_steps(state))
    if state.bundle != "newer" and (steps or state.bundle != "current"):
        steps.append(_bundle(state))
    steps += _migrations(state, after_functions=True)
    quoted = quote_schema(state.schema)
    return MigrationPlan(
        state.schema,
        tuple(replace(step, sql=step.sql.replace(PLACEHOLDER, quoted)) for step in steps),
        (*state.warnings(), *([refusal] if refusal else [])),
        state.owner,
    )


def _steps(state: State) -> Iterator[Step]:
    ledger = sources.of_kind("migration")[0]
    if state.layout is None:
        yield _fresh(state, ledger)
    else:
        check = "".join(f.text for f in sources.of_kind("check")) if state.layout == "text" else ""
        for step in _shared(state):
            yield replace(step, sql=check + step.sql)
            check = ""
        if state.own is None:
            yield _takeover(ledger)
        elif not state.has_workers:
            workers = [f for f in _files_of(SHARED_REVISION) if f.kind == "shared"]
            yield Step("workers", "supply the table of workers, which is missing", "".join(f.text for f in workers))
    yield from _migrations(state, after_functions=False)


def _migrations(state: State, *, after_functions: bool) -> Iterator[Step]:
    """Yields our own migrations that are missing and have their place before the functions, or after them."""
    # The ledger comes with the tables.
    done = {sources.of_kind("migration")[0].number, *(state.own or ())}
    follows = False
    for file in sources.manifest():
        follows = follows or file.kind == "function"
        if file.kind == "migration" and follows is after_functions and file.number not in done:
            yield Step(
                file.stem,
                f"apply migration {file.stem}",
                file.text + _own_row(file) + _notify(file.number, file.breaking),
                breaking=file.breaking,
            )


def _fresh(state: State, ledger: sources.SqlFile) -> Step:
    parts = [f.text for f in sources.of_kind("fresh")]
    instead = ""
    if state.relations:
        parts.insert(0, "drop table @extschema@.migrations;\n")
        instead = ", in the place of a table migrations without rows, which is dropped"
    if not state.schema_exists:
        parts.insert(0, "create schema @extschema@;\n")
    # With the ledger in the same transaction, a schema that has the tables always says whose they are.
    return Step(
        "fresh",
        f"install the tables of shared revision {SHARED_REVISION} in schema {state.schema}{instead}",
        "".join([*parts, ledger.text, _own_row(ledger)]),
        also=(ledger.stem,),
    )


def _files_of(revision: int) -> list[sources.SqlFile]:
    return [f for f in sources.of_kind("shared", "check") if f.number == revision]


def _shared(state: State) -> Iterator[Step]:
    if not state.has_breaking:
        yield Step("ledger", "record which shared revisions are breaking", "".join(f.text for f in _files_of(1)))
    for revision in range(state.revision + 1, SHARED_REVISION + 1):
        files = _files_of(revision)
        breaking = revision in BREAKING_REVISIONS
        row = f"\ninsert into @extschema@.migrations (id, breaking) values ({revision}, {str(breaking).lower()});\n"
        what = files[-1].stem.partition("_")[2].replace("_", " ") if files else "no table changes"
        yield Step(
            f"revision_{revision:03}",
            f"apply shared revision {revision}{', breaking' if breaking else ''}: {what}",
            row + "".join(f.text for f in files) + _notify(revision, breaking),
            breaking=breaking,
        )


def _takeover(ledger: sources.SqlFile) -> Step:
    # Whatever the number of the ledger promises: its 20 has two meanings.
    lock, *changes = sources.of_kind("takeover")
    files = [lock, *_files_of(SHARED_REVISION), *changes, ledger]
    return Step(
        "takeover",
        "take over the tables of another runtime",
        "".join(f.text for f in files) + _own_row(ledger),
        also=(ledger.stem,),
    )


def _bundle(state: State) -> Step:
    files = sources.bundle()
    signatures = ",\n        ".join(f"'{s}'::regprocedure" for f in files for s in f.signatures)
    views = ", ".join(f"'{view.stem}'" for view in sources.of_kind("view"))
    parts = [sources.fill("replace", views=views, script="_private_replace.script")]
    parts += [_replacement(f) if f.kind in ("function", "view") else f.text for f in files]
    parts.append("drop procedure @extschema@._private_replace(text, text, text);")
    parts.append(
        sources.fill(
            "leftovers",
            names=", ".join(f"'{f.stem}'" for f in files if f.kind == "function"),
            signatures=signatures,
        )
    )
    parts.append(
        sources.fill(
            "record",
            version=__version__,
            checksum=sources.bundle_checksum(),
            fingerprint=sources.fill("fingerprint"),
            signatures=signatures,
        )
    )
    summary = f"install the functions and views of release {__version__}"
    if state.bundle == "changed":
        summary = (
            "put right the functions and views: some were changed or added since release"
            f" {state.bundle_version} installed them"
        )
    if state.bundle == "open":
        summary = "put right the privileges: not only the owner has what it alone is to have"
    return Step("bundle", summary, "\n".join(parts), "bundle")


def _replacement(file: sources.SqlFile) -> str:
    quote = f"${file.kind}$"
    assert quote not in file.text, f"{quote} stands in {file.name}, which is quoted with it"
    script = f"{quote}\n{file.text.strip()}\n{quote}"
    return f"call @extschema@._private_replace('{file.kind}', '{file.stem}', {script});"


def _own_row(file: sources.SqlFile) -> str:
    return (
        "\ninsert into @extschema@._private_migrations (id, name, breaking)"
        f" values ({file.number}, '{file.stem}', {str(file.breaking).lower()});\n"
    )


def _notify(number: int, breaking: bool) -> str:
    payload = f'{{"migrationNumber": {number}, "breaking": {str(breaking).lower()}}}'
    return f"\nselect pg_notify('worker:migrate', '{payload}');\n"
