create or replace function @extschema@.list_default_states() returns table (action text, state text)
language sql immutable
as $$
  values
  ('retry', 'failed'), ('fail', 'waiting'), ('complete', 'all'), ('remove', 'all'), ('reschedule', 'all'),
  ('cancel', 'unfinished')
$$;

comment on function @extschema@.list_default_states() is
$$Lists the actions of <action>_matching_jobs, with the state whose jobs each is about when it is called without one.$$;
