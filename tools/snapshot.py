"""Writes what the schema holds, in a form to be read in review: tests/schema/graphile_worker.txt.

    python tools/snapshot.py [--check] [--url postgresql://...] [--schema graphile_worker]

Without --url a schema is installed into a database of an embedded server; with it, that of the database is described.
--check compares instead of writing, and prints the difference. The text is the same on PostgreSQL 12 to 18: what they
write differently (definitions of views, names of not-null constraints) is only in the full form that tests compare on
one server.
"""

from __future__ import annotations

import argparse
import difflib
import sys
import tempfile
from pathlib import Path
from typing import Any

import psycopg

from graphile_worker import EmbeddedServer, migrate
from graphile_worker._basis.schema_name import quote_schema

FILE = Path(__file__).parents[1] / "tests" / "schema" / "graphile_worker.txt"

# One row per line: what it belongs to, where it stands there, the text. `full` is a parameter.
_QUERY = """
with relations as (
  select c.oid, c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.reloptions, c.relowner, c.relacl
  from pg_class as c
  where c.relnamespace = to_regnamespace(%(quoted)s) and c.relkind in ('r', 'v', 'm', 'c', 'S', 'p', 'f')
), objects as (
  select
    '0 schema' as object, 'schema' as head, n.oid, 'pg_namespace'::regclass as class, n.nspowner as owner,
    n.nspacl as acl
  from pg_namespace as n where n.oid = to_regnamespace(%(quoted)s)
  union all
  select
    case r.relkind when 'c' then '1' when 'r' then '2' when 'v' then '3' else '4' end || r.relname,
    case r.relkind
      when 'c' then 'type' when 'r' then 'table' when 'v' then 'view' when 'S' then 'sequence' else 'relation'
    end || ' ' || r.relname
    || case when r.relrowsecurity then ', row security' else '' end
    || case when r.relforcerowsecurity then ', forced' else '' end
    || coalesce(' with (' || array_to_string(r.reloptions, ', ') || ')', '')
    || coalesce((
      select format(' as %%s, start %%s, increment %%s, %%s to %%s, cache %%s%%s',
        format_type(s.seqtypid, null), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache,
        case when s.seqcycle then ', cycle' end)
      from pg_sequence as s where s.seqrelid = r.oid
    ), ''),
    r.oid, 'pg_class'::regclass, r.relowner, r.relacl
  from relations as r
  union all
  select
    '5' || p.proname || pg_get_function_identity_arguments(p.oid),
    format('function %%s(%%s)', p.proname, pg_get_function_arguments(p.oid)),
    p.oid, 'pg_proc'::regclass, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
  from pg_proc as p where p.pronamespace = to_regnamespace(%(quoted)s)
)
select o.object, 0 as place, '' as sort, o.head as line from objects as o
union all
select
  o.object, 1, to_char(a.attnum, '000'),
  concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
    case when a.attnotnull then 'not null' end,
    case a.attidentity when 'a' then 'generated always as identity' when 'd' then 'identity by default' end,
    case a.attgenerated when 's' then 'generated always as ' || pg_get_expr(d.adbin, d.adrelid) || ' stored' end,
    case a.attgenerated when '' then 'default ' || pg_get_expr(d.adbin, d.adrelid) end)
from objects as o
inner join relations as r on r.oid = o.oid and o.class = 'pg_class'::regclass and r.relkind <> 'S'
inner join pg_attribute as a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
union all
select o.object, 2, c.conname, format('constraint %%s %%s', c.conname, pg_get_constraintdef(c.oid))
from objects as o
inner join pg_constraint as c on c.conrelid = o.oid and o.class = 'pg_class'::regclass
where c.contype <> 'n' or %(full)s
union all
select o.object, 3, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
from objects as o
inner join pg_index as i on i.indrelid = o.oid and o.class = 'pg_class'::regclass
where not exists (select from pg_constraint as c where c.conindid = i.indexrelid)
union all
select o.object, 4, t.tgname, pg_get_triggerdef(t.oid)
from objects as o
inner join pg_trigger as t on t.tgrelid = o.oid and o.class = 'pg_class'::regclass and not t.tgisinternal
union all
select o.object, 5, l.polname, format('policy %%s', l.polname)
from objects as o
inner join pg_policy as l on l.polrelid = o.oid and o.class = 'pg_class'::regclass
union all
select o.object, 6, '', concat_ws(', ',
  'returns ' || pg_get_function_result(p.oid),
  l.lanname,
  case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
  case when p.proisstrict then 'strict' end,
  case when p.prosecdef then 'security definer' end,
  case p.proparallel when 's' then 'parallel safe' when 'r' then 'parallel restricted' end,
  case when p.proleakproof then 'leakproof' end,
  case when p.procost <> 100 then 'cost ' || p.procost end,
  case when p.prorows not in (0, 1000) then 'rows ' || p.prorows end,
  -- PostgreSQL 12 does not know this one.
  (select string_agg('set ' || c.setting, ', ' order by c.place)
   from unnest(p.proconfig) with ordinality as c (setting, place)
   where %(full)s or c.setting not like 'enable_incremental_sort=%%'),
  case when %(full)s then 'body ' || md5(replace(p.prosrc, %(quoted)s, '')) end)
from objects as o
inner join pg_proc as p on p.oid = o.oid and o.class = 'pg_proc'::regclass
inner join pg_language as l on l.oid = p.prolang
union all
select o.object, 7, '', 'definition ' || pg_get_viewdef(o.oid)
from objects as o
inner join relations as r on r.oid = o.oid and o.class = 'pg_class'::regclass and r.relkind = 'v'
where %(full)s
union all
select o.object, 8, g.grantee, format('granted to %%s: %%s', g.grantee, g.privileges)
from objects as o
cross join lateral (
  select
    coalesce(r.rolname::text, 'public') as grantee,
    string_agg(lower(x.privilege_type) || case when x.is_grantable then '*' else '' end, ', ' order by x.privilege_type)
      as privileges
  from aclexplode(o.acl) as x
  left join pg_roles as r on r.oid = x.grantee
  where x.grantee <> o.owner
  group by r.rolname
) as g
union all
select o.object, 9, to_char(d.objsubid, '000'), concat_ws(' ', 'comment', 'on ' || a.attname,
  case when %(full)s then d.description else split_part(d.description, E'\\n', 1) end)
from objects as o
inner join pg_description as d on d.objoid = o.oid and d.classoid = o.class
left join pg_attribute as a on a.attrelid = d.objoid and a.attnum = d.objsubid and d.objsubid > 0
"""


def snapshot(connection: psycopg.Connection[Any], schema: str, *, full: bool = False) -> str:
    """Returns the schema in text, under the name of the default one.

    `full` adds what tells two schemas on one server apart, but differs between versions of PostgreSQL or would be
    noise in a review: hashes of bodies, whole comments, definitions of views, names of not-null constraints.
    """
    quoted = quote_schema(schema)
    with connection.transaction():
        connection.execute("set local search_path to pg_catalog, pg_temp")
        found = connection.execute(_QUERY.encode(), {"quoted": quoted, "full": full}).fetchall()
    lines = []
    for _, place, _, line in sorted(found):
        lines.append(f"\n{line}" if place == 0 else f"  {line}")
    text = "\n".join(lines).lstrip("\n") + "\n"
    # Settings are called graphile_worker.something whatever the schema's name is.
    for name in (f"{quoted}.", quoted, f"{schema}.", "graphile_worker."):
        text = text.replace(name, "")
    return text


def difference(expected: str, found: str, of: str = "found") -> str:
    """Returns what has to be added to and removed from `expected`; empty when there is nothing."""
    return "\n".join(difflib.unified_diff(expected.splitlines(), found.splitlines(), "expected", of, lineterm="", n=2))


def main() -> int:
    parser = argparse.ArgumentParser(description="Describes the schema in text.")
    parser.add_argument("--check", action="store_true", help="compare with the file instead of writing it")
    parser.add_argument("--url", help="describe the schema of this database")
    parser.add_argument("--schema", default="graphile_worker")
    arguments = parser.parse_args()
    if arguments.url:
        with psycopg.connect(arguments.url, autocommit=True) as connection:
            text = snapshot(connection, arguments.schema)
    else:
        with EmbeddedServer(tempfile.mkdtemp(prefix="snapshot-"), settings={"fsync": "off"}) as server:
            migrate(server.url, schema=arguments.schema)
            with psycopg.connect(server.url, autocommit=True) as connection:
                text = snapshot(connection, arguments.schema)
            server.stop()
            server.remove()
    if not arguments.check:
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(text)
        print(f"wrote {FILE.name}, {len(text.splitlines())} lines")
        return 0
    if changes := difference(FILE.read_text(), text):
        print(changes)
        print(f"\nthe schema is not what {FILE.name} says; `make snapshot` writes it anew", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
