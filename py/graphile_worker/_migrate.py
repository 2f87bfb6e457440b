"""Installs the schema, and brings an installed one up to this release."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from . import _sql
from ._errors import MigrationError
from ._version import __version__

MINIMUM_SERVER_VERSION = 120000
SHARED_REVISION = 20

# What the catalog holds of the bundle. Another runtime that replaces one of its functions changes it.
_FINGERPRINT = """
select md5(coalesce(string_agg(d.definition, '' order by d.definition), ''))
from (
  select pg_get_functiondef(p.oid) as definition
  from pg_proc as p
  where p.pronamespace = %(schema)s::text::regnamespace and p.prokind = 'f'
  union all
  select pg_get_viewdef(c.oid)
  from pg_class as c
  where c.relnamespace = %(schema)s::text::regnamespace and c.relkind = 'v'
) as d
"""


@dataclass(slots=True)
class MigrationResult:
    """What `migrate` did. Both are empty when the schema was already as it should be."""

    applied: list[str] = field(default_factory=list)
    """Names of the migrations that ran, in order."""
    bundle_replaced: bool = False
    """Whether functions and views were installed anew."""


def migrate(
    target: str | psycopg.Connection,
    *,
    schema: str = "graphile_worker",
    progress: Callable[[str], object] | None = None,
) -> MigrationResult:
    """Installs the schema or brings it up to this release; does nothing when it is already there.

    Any number may run at once: they take turns. `target` is a connection string, or a psycopg connection in
    autocommit mode. Each migration commits on its own; `progress` is told a line about each.
    Raises MigrationError when the server is too old or the schema is of a kind this release can't take over.

    >>> migrate("postgresql://localhost/app").applied  # doctest: +SKIP
    ['fresh', '001_ledger', '002_claim_indexes']
    """
    if isinstance(target, str):
        with psycopg.connect(target, autocommit=True, application_name="graphile-worker migrate") as conn:
            return migrate(conn, schema=schema, progress=progress)
    if not target.autocommit:
        raise MigrationError("migrate needs a connection in autocommit mode", hint="Each revision commits on its own")
    return _Migration(target, schema, progress or (lambda _line: None)).run()


class _Migration:
    def __init__(self, conn: psycopg.Connection, schema: str, progress: Callable[[str], object]) -> None:
        self.conn = conn
        self.schema = schema
        self.quoted = _sql.quote_schema(schema)
        self.progress = progress
        self.result = MigrationResult()

    def run(self) -> MigrationResult:
        version = self.conn.info.server_version
        if version < MINIMUM_SERVER_VERSION:
            raise MigrationError(
                f"PostgreSQL {version // 10000} is too old",
                hint="PostgreSQL 12 or newer is needed; nothing was changed",
            )
        self._install_fresh()
        for file in _sql.manifest():
            if file.kind == "migration":
                self._apply(file)
        self._replace_bundle()
        return self.result

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """A transaction that has the migration lock of this schema."""
        with self.conn.transaction():
            self.conn.execute(
                "select pg_advisory_xact_lock(hashtextextended('graphile_worker migrate ' || %s, 0))", (self.schema,)
            )
            # The sources name the schema of everything; nothing of the caller's may come in between.
            self.conn.execute("set local search_path to pg_catalog, pg_temp")
            self.conn.execute("set local client_min_messages to warning")
            yield

    def _has_table(self, name: str) -> bool:
        row = self.conn.execute("select to_regclass(%s) is not null", (f"{self.quoted}.{name}",)).fetchone()
        return row is not None and bool(row[0])

    def _install_fresh(self) -> None:
        with self._turn():
            if self._has_table("_private_migrations"):
                return
            if self._has_table("migrations"):
                raise MigrationError(
                    f"schema {self.schema!r} was made by another runtime",
                    hint="This release installs into an empty schema; choose another with --schema",
                )
            exists = self.conn.execute("select from pg_namespace where nspname = %s", (self.schema,)).fetchone()
            if exists is None:
                self._script(f"create schema {self.quoted}")
            for file in _sql.manifest():
                if file.kind == "fresh":
                    self._script(file.for_schema(self.schema))
            self.progress(f"installed the tables of shared revision {SHARED_REVISION} in schema {self.schema}")
            self.result.applied.append("fresh")
            # With the ledger in the same transaction, a schema that has the tables always says whose they are.
            self._apply_locked(next(f for f in _sql.manifest() if f.kind == "migration"))

    def _apply(self, file: _sql.SqlFile) -> None:
        with self._turn():
            done = self._execute("select from @extschema@._private_migrations where id = %s", _number(file))
            if done.fetchone() is None:
                self._apply_locked(file)

    def _apply_locked(self, file: _sql.SqlFile) -> None:
        self._script(file.for_schema(self.schema))
        self._execute(
            "insert into @extschema@._private_migrations (id, name) values (%s, %s)", _number(file), _name(file)
        )
        self.progress(f"applied migration {_name(file)}")
        self.result.applied.append(_name(file))

    def _replace_bundle(self) -> None:
        with self._turn():
            installed = self._execute("select checksum, fingerprint from @extschema@._private_bundle").fetchone()
            if installed == (_sql.bundle_checksum(), self._fingerprint()):
                return
            for file in _sql.bundle():
                self._script(file.for_schema(self.schema))
            self._execute(
                "insert into @extschema@._private_bundle (version, checksum, fingerprint) values (%s, %s, %s)"
                " on conflict (singleton) do update set version = excluded.version,"
                " checksum = excluded.checksum, fingerprint = excluded.fingerprint, installed_at = now()",
                __version__,
                _sql.bundle_checksum(),
                self._fingerprint(),
            )
        self.progress(f"installed the functions and views of release {__version__}")
        self.result.bundle_replaced = True

    def _fingerprint(self) -> str:
        row = self.conn.execute(_FINGERPRINT, {"schema": self.quoted}).fetchone()
        assert row is not None
        return str(row[0])

    def _execute(self, text: str, *params: object) -> psycopg.Cursor[Any]:
        """One statement with parameters, so percent signs of the schema's name are doubled."""
        return self.conn.execute(text.replace(_sql.PLACEHOLDER, self.quoted.replace("%", "%%")).encode(), params)

    def _script(self, text: str) -> None:
        """Any number of statements without parameters, where a percent sign is just that."""
        self.conn.execute(text.encode())


def _name(file: _sql.SqlFile) -> str:
    return file.name.rpartition("/")[2].removesuffix(".sql")


def _number(file: _sql.SqlFile) -> int:
    match = re.match(r"\d+", _name(file))
    assert match is not None, f"{file.name} has no number"
    return int(match[0])
