"""What a schema holds, and whether this release may change it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import psycopg
from psycopg.rows import dict_row

from .._basis.errors import MigrationError
from .._basis.releases import release_of
from .._basis.schema_name import PLACEHOLDER, quote_schema
from .._basis.version import __version__
from .._wire.cursors import Cursor
from . import sources

MINIMUM_SERVER_VERSION = 120000
SHARED_REVISION = 20

# The layout of the tables at a shared revision, by the first revision that has it.
_LAYOUTS = ((16, "private"), (11, "tasks"), (1, "text"))

BundleState = Literal["missing", "other", "newer", "changed", "open", "current"]


@dataclass(slots=True)
class State:
    """A schema as the catalog and the two ledgers describe it."""

    schema: str
    schema_exists: bool = False
    layout: str | None = None
    """`text` before revision 11, `tasks` before 16, `private` since; None without a queue."""
    owner: str | None = None
    """The role that owns the tables, or is to, where this one is another and can act as it."""
    relations: list[str] = field(default_factory=list)
    creators: list[str] = field(default_factory=list)
    """Roles that are not the owner's and may create objects in the schema."""
    has_breaking: bool = False
    has_workers: bool = False
    shared: dict[int, bool] = field(default_factory=dict)
    """The shared ledger: revision to whether it is breaking."""
    own: dict[int, bool] | None = None
    """Our own ledger; None without one."""
    bundle: BundleState = "missing"
    """`open`: as it was installed, and somebody has privileges that only the owner is to have."""
    bundle_version: str | None = None

    @property
    def revision(self) -> int:
        """The highest shared revision; 0 without one."""
        return max(self.shared, default=0)

    def warnings(self) -> list[str]:
        """Returns what the user should know, though it keeps nothing from going on."""
        found = []
        for ledger, rows, known in self._ledgers():
            newer = sorted(number for number in rows if number > known)
            if newer:
                found.append(
                    f"{ledger} has {', '.join(map(str, newer))}, and this release knows up to {known}:"
                    " not breaking, so going on; an upgrade of this package is due"
                )
        if self.creators:
            found.append(
                f"{', '.join(self.creators)} may create objects in schema {self.schema}, and so act as its owner:"
                " revoke create on it, or keep the queue in a schema of its own"
            )
        if self.bundle == "newer":
            found.append(
                f"the functions of release {self.bundle_version} stay: they are newer than this release, {__version__}"
            )
        return found

    def refuse_what_is_newer(self) -> None:
        """Raises MigrationError when one of the ledgers has a breaking revision that this release does not know."""
        for ledger, rows, known in self._ledgers():
            if breaking := sorted(number for number, breaks in rows.items() if breaks and number > known):
                raise MigrationError(
                    f"{ledger} of schema {self.schema!r} has the breaking revision {breaking[-1]}, and this release"
                    f" knows up to {known}",
                    hint="Upgrade this package; nothing was changed",
                )

    def _ledgers(self) -> tuple[tuple[str, dict[int, bool], int], ...]:
        return (
            ("the shared ledger (migrations)", self.shared, SHARED_REVISION),
            ("the ledger (_private_migrations)", self.own or {}, max(f.number for f in sources.of_kind("migration"))),
        )


def refuse_old_server(conn: psycopg.Connection[Any]) -> None:
    """Raises MigrationError when the server is too old; asks it nothing."""
    version = conn.info.server_version
    if version < MINIMUM_SERVER_VERSION:
        raise MigrationError(
            f"PostgreSQL {version // 10000} is too old", hint="PostgreSQL 12 or newer is needed; nothing was changed"
        )


def read_state(conn: psycopg.Connection[Any], schema: str) -> State:
    """Reads what the schema holds. Raises MigrationError when this release must not change it."""
    try:
        state = _read(conn, schema)
    except psycopg.errors.InsufficientPrivilege as error:
        raise MigrationError(
            error.diag.message_primary or str(error),
            hint="Migrate as the owner of the schema, or as a member of that role",
            sqlstate=error.sqlstate,
        ) from error
    state.refuse_what_is_newer()
    _refuse_what_disagrees(state)
    return state


def _read(conn: psycopg.Connection[Any], schema: str) -> State:
    inspect = sources.of_kind("inspect")[0]
    with Cursor(conn, row_factory=dict_row, binary=False) as cursor:
        found = cursor.execute(inspect.for_schema(schema).encode()).fetchone()
        assert found is not None
        _refuse(schema, found)
        state = State(
            schema,
            schema_exists=found["schema_exists"],
            layout=found["layout"],
            owner=found["owner"] if found["switch_role"] else found["schema_owner"] if not found["owner"] else None,
            relations=found["relations"],
            creators=found["creators"],
            has_breaking=found["has_breaking"],
            has_workers=found["has_workers"],
        )
        if found["has_ledger"]:
            state.shared = _ledger(cursor, schema, "migrations")
        if found["has_own_ledger"]:
            state.own = _ledger(cursor, schema, "_private_migrations")
            _read_bundle(cursor, state)
    return state


def _ledger(cursor: Cursor, schema: str, table: str) -> dict[int, bool]:
    # As JSON, because the oldest ledgers lack the column.
    query = f"select m.id, to_jsonb(m) -> 'breaking' as breaking from {quote_schema(schema)}.{table} as m"  # noqa: S608
    return {row["id"]: bool(row["breaking"]) for row in cursor.execute(query.encode())}


def _read_bundle(cursor: Cursor, state: State) -> None:
    quoted = quote_schema(state.schema)
    # Types are printed with their schema, or without, as the path says: always the same one.
    cursor.execute("set local search_path to pg_catalog, pg_temp")
    installed = cursor.execute(
        f"select version, checksum, fingerprint from {quoted}._private_bundle".encode()  # noqa: S608
    ).fetchone()
    if installed is None:
        return
    state.bundle_version = installed["version"]
    if release_of(installed["version"]) > release_of(__version__):
        state.bundle = "newer"
        return
    if installed["checksum"] != sources.bundle_checksum():
        state.bundle = "other"
        return
    row = cursor.execute(sources.fill("fingerprint").replace(PLACEHOLDER, quoted).encode()).fetchone()
    assert row is not None
    if installed["fingerprint"] != row["fingerprint"]:
        state.bundle = "changed"
    elif cursor.execute(f"select from {quoted}._private_wrong_privileges() limit 1".encode()).rowcount:
        state.bundle = "open"
    else:
        state.bundle = "current"


def _refuse(schema: str, found: dict[str, Any]) -> None:
    if found["extension"]:
        raise MigrationError(
            f"schema {schema!r} belongs to the extension {found['extension']}",
            hint=f"Install this release's extension files and run: alter extension {found['extension']} update",
        )
    if found["may_change"] is False:
        raise MigrationError(
            f"the tables in schema {schema!r} belong to the role {found['owner']}",
            hint=f"Run migrate as {found['owner']}, or as a member of that role that may act as it",
        )
    # An installer that was stopped before its first revision leaves its ledger and nothing else.
    known = found["has_ledger"] and (found["layout"] is not None or found["relations"] == ["migrations"])
    if found["relations"] and not known:
        raise MigrationError(
            f"schema {schema!r} holds {', '.join(found['relations'])}, but not a queue that this release knows",
            hint="Choose another schema with --schema",
        )


def _refuse_what_disagrees(state: State) -> None:
    expected = next((layout for first, layout in _LAYOUTS if state.revision >= first), None)
    if state.layout != expected:
        raise MigrationError(
            f"schema {state.schema!r} is at shared revision {state.revision} by its ledger, not by its tables",
            hint="A backup that was restored in part looks like this; nothing was changed",
        )
