create or replace function @extschema@._private_plain_flags(flags jsonb) returns jsonb
language sql immutable
as $$
  select case
    when flags is null or not flags::text like E'%"graphile\\_worker:%' then flags
    else nullif(
      flags - array(select jsonb_object_keys(@extschema@._private_marks(flags => _private_plain_flags.flags))), '{}'
    )
  end
$$;

comment on function @extschema@._private_plain_flags(jsonb) is
$$Internal. The flags that callers gave, without marks (_private_marks): what lists show. Null when there is none.$$;
