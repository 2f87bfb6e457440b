create or replace function @extschema@._private_check_state(state text, states text[]) returns void
language plpgsql immutable
as $$
begin
  if state is null or state <> all(states) then
    raise exception using
      errcode = 'GWBST',
      message = format('bad state %s', coalesce(quote_literal(state), 'null')),
      hint = 'state is '
        || array_to_string(states[:cardinality(states) - 1], ', ') || ' or ' || states[cardinality(states)]
        || case when state = 'locked' then '; running jobs are not touched' else '' end || '.';
  end if;
end;
$$;

comment on function @extschema@._private_check_state(text, text[]) is
$$Internal. Raises GWBST for a state that is none of these.$$;
