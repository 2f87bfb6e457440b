"""Every function that a role can be allowed to call, and arguments for it: ordinary ones, and such as nobody means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

SCHEMA = "graphile_worker"

_SPEC = "row('t', null, null, null, null, null, null, null)"
# What an ordinary caller gives, by the argument's name or else by its type.
_ORDINARY = {
    "state": "'all'",
    "job_key_mode": "'replace'",
    "payloads": "'[1]'",
    "policies": "'{}'",
    "retry": "null",
    "bad_payload": "'fail'",
    "tasks": "null",
    "queues": "null",
    "until": "'ended'",
    # That of the payload.
    "unique_keys": "null",
    "paths": "null",
    "keep": "null",
    "actions": "'{default}'",
    "flags json": "null",
    "payload json": "'{}'",
    "expression": "'* * * * *'",
    "cron": "'* * * * *'",
    "every": "null",
    "time_zone": "'UTC'",
    "until timestamp with time zone": "'tomorrow'",
    "text": "'t'",
    "integer": "1",
    "bigint": "1",
    "boolean": "false",
    "double precision": "3",
    "interval": "'1 minute'",
    "timestamp with time zone": "'now'",
    "json": "'[]'",
    "text[]": "'{t}'",
    "bigint[]": "'{1}'",
    "boolean[]": "'{t}'",
    "integer[]": "'{1}'",
    "timestamp with time zone[]": "'{now}'",
    "json[]": "'{1}'",
    f"{SCHEMA}.job_spec[]": f"array[{_SPEC}]",
}
_HOSTILE = {
    "text": [
        "''",
        r"E'\n\r\t\x1b[31m\x01'",
        r"""E'\'"$$\\;--/*'""",
        "'%s%I%L%1$s%'",
        "'@extschema@'",
        r"E'\u202e\u2066'",
        "repeat('x', 10000)",
        "repeat('é', 128)",
        "repeat('é', 129)",
    ],
    "integer": ["0", "'-1'", "2147483647", "'-2147483648'", "32768"],
    "bigint": ["0", "'-1'", "9223372036854775807", "'-9223372036854775808'"],
    "boolean": ["true"],
    "double precision": ["'NaN'", "'Infinity'", "'-1'", "1e308", "0"],
    "interval": ["'-1 day'", "'178000000 years'", "'-178000000 years'", "'0'"],
    "timestamp with time zone": ["'infinity'", "'-infinity'", "'294276-12-31'", "'4713-01-01 BC'"],
    "json": [
        "'null'",
        "'1'",
        r"""'"\u0000"'""",
        "'[[]]'",
        "'[null]'",
        r"""'[{"\u0000": 1}]'""",
        "(repeat('[', 1000) || repeat(']', 1000))",
        "'[1e999999]'",
        r"""'["\ud800"]'""",
        r"""'[["\u0000"]]'""",
    ],
    "text[]": ["'{}'", "'{NULL}'", "'{{a,b},{c,d}}'", "'[0:0]={a}'", "'{\"\"}'", "array_fill('a'::text, array[5000])"],
    "bigint[]": ["'{}'", "'{NULL}'", "'{{1,2},{3,4}}'", "'[0:0]={1}'", "array_fill(1::bigint, array[5000])"],
    "boolean[]": ["'{}'", "'{NULL}'", "'{{t,f},{f,t}}'", "'[0:0]={t}'"],
    "integer[]": ["'{}'", "'{NULL}'", "'{{1,2},{3,4}}'", "'[0:0]={1}'", "'{0,2147483647}'"],
    "timestamp with time zone[]": ["'{}'", "'{NULL}'", "'{infinity}'", "'{-infinity}'", "'[0:0]={now}'"],
    "json[]": ["'{}'", "'{NULL}'", "'[0:0]={1}'", "'{{1,2}}'"],
    f"{SCHEMA}.job_spec[]": [
        "'{}'",
        "array[null]",
        "array[row(null, null, null, null, null, null, null, null)]",
        f"array[array[{_SPEC}], array[{_SPEC}]]",
        f"array_fill({_SPEC}::{SCHEMA}.job_spec, array[1000])",
        r"""array[row('t', '"\u0000"', 'q', 'infinity', 32767, 'k', -32768, '{{a},{b}}')]""",
        "array[row('t', null, null, '-infinity', 0, '', 0, '{NULL}')]",
        "'[0:0]={\"(t,,,,,,,)\"}'",
    ],
}


@dataclass(frozen=True)
class Function:
    """A function by its name, and its arguments by name and type."""

    name: str
    kinds: tuple[str, ...]
    arguments: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(name for name, _ in self.arguments)})"

    def _call(self, values: list[str]) -> str:
        given = (f"{n} => {v}::{t}" for (n, t), v in zip(self.arguments, values, strict=True))
        return f"select * from {SCHEMA}.{self.name}({', '.join(given)})"

    def _ordinary_values(self) -> list[str]:
        return [_ORDINARY.get(f"{n} {t}") or _ORDINARY.get(n) or _ORDINARY[t] for n, t in self.arguments]

    def ordinary_call(self) -> str:
        return self._call(self._ordinary_values())

    def hostile_calls(self) -> Iterator[str]:
        """One bad argument after the other, then all of them bad at once."""
        for place, (_, type_name) in enumerate(self.arguments):
            for value in [*_HOSTILE[type_name], "null"]:
                values = self._ordinary_values()
                values[place] = value
                yield self._call(values)
        for turn in range(max(len(values) for values in _HOSTILE.values()) if self.arguments else 0):
            yield self._call([_HOSTILE[t][turn % len(_HOSTILE[t])] for _, t in self.arguments])


def functions(connection: psycopg.Connection[tuple[object, ...]]) -> list[Function]:
    """Those that grant_role knows. The connection is the owner's."""
    found = connection.execute(
        """
        select
          p.proname,
          array(
            select distinct k.kind from graphile_worker._private_api as f cross join unnest(f.kinds) as k (kind)
            where f.routine = p.oid order by 1
          ),
          p.proargnames[1:p.pronargs],
          array(
            select format_type(a.type, null) from unnest(p.proargtypes) with ordinality as a (type, place)
            order by a.place
          )
        from pg_proc as p
        where p.oid in (select f.routine from graphile_worker._private_api as f where f.kinds <> '{}')
        order by p.proname, p.pronargs
        """
    ).fetchall()
    return [
        Function(name, tuple(kinds), tuple(zip(names or [], types, strict=True))) for name, kinds, names, types in found
    ]


def add(url: str, task: str, payload: str) -> None:
    """Adds a job with a payload as it stands here, which need not be JSON to everybody."""
    with psycopg.connect(url, client_encoding="utf8") as connection:
        connection.execute("select graphile_worker.add_job(%s::text, %s::json)", [task, payload])
