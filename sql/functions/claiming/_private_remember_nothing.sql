create or replace function @extschema@._private_remember_nothing(look text, next_due timestamptz) returns text
language sql volatile
as $$
  select set_config(
    'graphile_worker.saw_nothing',
    look || (extract(epoch from least(next_due, timestamptz '9999-01-01')) * 1000000)::bigint,
    false
  )
$$;

comment on function @extschema@._private_remember_nothing(text, timestamptz) is
$$Internal. Keeps in this session, for _private_saw_nothing, that a look (_private_look) has seen nothing that it could
claim before next_due. Not to be called where something is due already: what others hold may come free without the end
of a transaction, and what is left alone for its flags is wanted by a look that forbids others.$$;
