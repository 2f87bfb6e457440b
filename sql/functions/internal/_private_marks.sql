create or replace function @extschema@._private_marks(flags jsonb) returns jsonb
language sql immutable
as $$
  select jsonb_object_agg(f.key, f.value)
  from jsonb_each(flags) as f
  where starts_with(f.key, 'graphile_worker:')
$$;

comment on function @extschema@._private_marks(jsonb) is
$$Internal. Those of the flags that are marks: what functions here have to know of one job, and other runtimes keep
without reading it. Their names begin with graphile_worker:, which callers may not use. Null when there is none.$$;
