create or replace function @extschema@._private_is_duplicate(
  state text,
  added_at timestamptz,
  expires_at timestamptz,
  within interval,
  until text
) returns boolean
language sql stable
as $$
  select case
    when state = 'waiting' then true
    when state = 'failed' then until = 'completed'
    else
      coalesce(state = 'running' and until <> 'started', false)
      -- The shorter of both periods: the row is kept no longer than the first one said.
      or coalesce(added_at + within > now() and expires_at > now(), false)
  end
$$;

comment on function @extschema@._private_is_duplicate(text, timestamptz, timestamptz, interval, text) is
$$Internal. Whether a job in this state (_private_unique_states; null when it is gone), added then with a period until
expires_at, is what an add_unique_job with this within and until is given, instead of another job.$$;
