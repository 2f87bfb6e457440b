create or replace function @extschema@._private_crontab_name(entry json) returns text
language plpgsql immutable
as $$
begin
  return (
    select
      coalesce(max(a.value #>> '{}') filter (where a.key = 'identifier'), max(a.value #>> '{}'))
    from @extschema@._private_hide_escapes(document => entry) as h
    cross join lateral (
      select e.key, replace(e.value::text, h.mark, E'\\u')::json as value
      from json_each(h.hidden) as e
      where e.key in ('identifier', 'task') and json_typeof(e.value) = 'string'
    ) as a
  );
exception
  when data_exception or program_limit_exceeded then
    return null;
end;
$$;

comment on function @extschema@._private_crontab_name(json) is
$$Internal. The identifier of a crontab entry that is refused: its own or its task's, null if that can't be read.$$;
