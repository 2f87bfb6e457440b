create or replace function @extschema@._private_saw_nothing(look text, now timestamptz) returns boolean
language sql volatile
as $$
  select case
    when starts_with(current_setting('graphile_worker.saw_nothing', true), look)
      then
        extract(epoch from _private_saw_nothing.now) * 1000000
        < substr(current_setting('graphile_worker.saw_nothing'), length(look) + 1)::bigint
    else false
  end
$$;

comment on function @extschema@._private_saw_nothing(text, timestamptz) is
$$Internal. Whether this session is known to have looked for the same before, has seen no job that it could claim by
now, and could see no other ones today. look: from _private_look.$$;
