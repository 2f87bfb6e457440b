create or replace view @extschema@.functions as
select
  f.room,
  f.name,
  f.arguments,
  f.does,
  f.roles
from (
  select
    a.place,
    a.room,
    a.kinds as roles,
    p.proname::text as name,
    pg_catalog.pg_get_function_arguments(p.oid) as arguments,
    -- As far as the first period that ends a word.
    substring(
      regexp_replace(pg_catalog.obj_description(p.oid, 'pg_proc'), E'\\s+', ' ', 'g') from E'^.*?\\.(?= |$)'
    ) as does
  from @extschema@._private_api as a
  inner join pg_catalog.pg_proc as p on a.routine = p.oid
) as f
order by f.place, f.name, f.arguments;

comment on view @extschema@.functions is
$$Every public function, room by room: its arguments, what it does (the first sentence of its comment), and the
kinds of roles that can be allowed to call it (see grant_role); none: the owner alone. Every role that grant_role lets
in may read it.$$;
