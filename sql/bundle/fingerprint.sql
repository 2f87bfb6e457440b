-- What the catalog holds of the bundle. Another runtime that replaces one of its functions changes it.
select md5(coalesce(string_agg(d.definition, '' order by d.definition), '')) as fingerprint
from (
  select pg_get_functiondef(p.oid) as definition
  from pg_proc as p
  where p.pronamespace = '@extschema@'::text::regnamespace and p.prokind = 'f'
  union all
  select pg_get_viewdef(c.oid)
  from pg_class as c
  where c.relnamespace = '@extschema@'::text::regnamespace and c.relkind = 'v'
) as d
