create or replace function @extschema@.list_default_states() returns table (action text, state text)
language sql immutable security definer
set search_path = pg_catalog, pg_temp
as $$
  values ('retry', 'failed'), ('fail', 'waiting'), ('complete', 'all'), ('remove', 'all'), ('reschedule', 'all')
$$;

comment on function @extschema@.list_default_states() is
$$Lists the actions of <action>_matching_jobs, with the state whose jobs each is about when it is called without one.$$;
