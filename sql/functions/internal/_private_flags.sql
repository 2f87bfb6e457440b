create or replace function @extschema@._private_flags(flags text[]) returns jsonb
language sql immutable
as $$
  select jsonb_object_agg(f.flag, true) from unnest(flags) as f (flag)
$$;

comment on function @extschema@._private_flags(text[]) is
$$Internal. The stored form of flags: an object {"flag": true}, or null when there is none.$$;
