"""Holds the view `functions` against the folders of sql/functions and against _private_api.

    python tools/check_functions.py

Every public function has one line in the view, with the room whose folder it stands in and the kinds of roles that
_private_api names; no internal one has. What the line says of it is a sentence. Rooms stand in the order of the
manifest, which says of each what lives there. Exits 1 when something is not so, and says what.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from graphile_worker import EmbeddedServer, migrate

SQL = Path(__file__).parents[1] / "sql"
KINDS = ("enqueue", "worker", "operator")
INTERNAL = "_private_"
LONGEST_SENTENCE = 200

# A verb in the third person, and not one of the nouns that a queue is about: "Jobs that ...", "Workers are ...".
_VERB_FIRST = re.compile(r"(?!(This|Its|Jobs|Queues|Tasks|Workers|Crontabs|Rows|Figures|Flows|Events) )[A-Z][a-z]*s ")

_LISTED = """
select room, name || '(' || arguments || ')', name, does, roles from graphile_worker.functions
"""
_API = """
select a.room, p.proname || '(' || pg_get_function_arguments(p.oid) || ')', p.proname, '', a.kinds
from graphile_worker._private_api as a inner join pg_proc as p on p.oid = a.routine
"""
_PUBLIC = """
select p.proname || '(' || pg_get_function_arguments(p.oid) || ')'
from pg_proc as p where p.pronamespace = 'graphile_worker'::regnamespace and left(p.proname, 9) <> '_private_'
"""


@dataclass(frozen=True)
class Line:
    """One function of the view, or of _private_api."""

    room: str
    signature: str
    name: str
    does: str | None
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Tree:
    """What the sources say: the rooms in the order of the manifest, and the room of each function's file."""

    rooms: tuple[str, ...]
    described: frozenset[str]
    """Rooms that the manifest says something about."""
    room_of: dict[str, str]

    @classmethod
    def read(cls, root: Path = SQL) -> Tree:
        lines = (root / "manifest.txt").read_text().splitlines()
        files = [Path(line.split()[1]) for line in lines if line.startswith("function ")]
        room_of = {file.stem: file.parent.name for file in files}
        rooms = tuple(dict.fromkeys(room_of.values()))
        described = {match[1] for line in lines if (match := re.match(r"# (\w+): \S", line))}
        return cls(rooms, frozenset(described.intersection(rooms)), room_of)


def problems(tree: Tree, listed: Iterable[Line], api: Iterable[Line], public: Iterable[str]) -> Iterator[str]:
    """Yields what is wrong with the lines of the view, each in a sentence."""
    listed, api = list(listed), list(api)
    for room in tree.rooms:
        if room not in tree.described:
            yield f"sql/manifest.txt does not say what lives in the room {room}"
    counts = Counter(line.signature for line in listed)
    for signature in sorted({*public, *counts}):
        if counts[signature] != 1:
            yield f"{signature} stands {counts[signature]} times in the view functions: _private_api names it once"
    if known := {(line.signature, line.room, line.roles) for line in listed} ^ {
        (line.signature, line.room, line.roles) for line in api
    }:
        yield f"the view functions and _private_api differ: {sorted(known)}"
    for line in listed:
        yield from _problems_of(tree, line)
    order = list(dict.fromkeys(line.room for line in listed))
    if order != [room for room in tree.rooms if room in order]:
        yield f"_private_api has the rooms in the order {', '.join(order)}, the manifest {', '.join(tree.rooms)}"


def _problems_of(tree: Tree, line: Line) -> Iterator[str]:
    if line.name.startswith(INTERNAL):
        yield f"{line.name} is internal, and stands in the view functions"
    folder = tree.room_of.get(line.name)
    if folder != line.room:
        yield f"{line.name} stands in sql/functions/{folder}, and _private_api says {line.room}"
    # In this order, each once: what a reader compares by eye.
    if line.roles != tuple(kind for kind in KINDS if kind in line.roles):
        yield f"{line.name} is for {', '.join(line.roles)}: kinds of roles are {', '.join(KINDS)}, in this order"
    if line.does is None:
        yield f"{line.signature} has no comment that begins with a sentence"
    elif not _VERB_FIRST.match(line.does):
        yield f"{line.signature}: what it does begins with a verb, not so: {line.does}"
    elif len(line.does) > LONGEST_SENTENCE:
        yield f"{line.signature}: what it does takes {len(line.does)} characters, more than {LONGEST_SENTENCE}"


def read(connection: psycopg.Connection[Any]) -> tuple[list[Line], list[Line], list[str]]:
    """Reads the lines of the view, those of _private_api, and the signatures of all public functions."""

    def lines(query: str) -> list[Line]:
        found = connection.execute(query.encode()).fetchall()
        return [Line(room, signature, name, does, tuple(roles)) for room, signature, name, does, roles in found]

    return lines(_LISTED), lines(_API), [str(row[0]) for row in connection.execute(_PUBLIC.encode())]


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="functions-"))
    server = EmbeddedServer(folder, settings={"fsync": "off"})
    try:
        url = server.start().url
        migrate(url)
        with psycopg.connect(url, autocommit=True) as connection:
            listed, api, public = read(connection)
    finally:
        server.stop()
        server.remove()
    found = list(problems(Tree.read(), listed, api, public))
    for problem in found:
        print(problem)
    print(f"functions: {len(listed)} in the view, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
