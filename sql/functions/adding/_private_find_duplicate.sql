create or replace function @extschema@._private_find_duplicate(
  identifier text,
  unique_key text,
  within interval,
  until text
) returns bigint
language plpgsql volatile
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
declare
  v_unique @extschema@._private_uniques;
  v_state text;
begin
  select u.* into v_unique
  from @extschema@._private_uniques as u
  where u.task_identifier = identifier and u.unique_key = _private_find_duplicate.unique_key;
  if v_unique.job_id is null then
    return null;
  end if;
  v_state := (
    select s.state from @extschema@._private_unique_states(job_ids => array[v_unique.job_id]) as s
  );
  if
    @extschema@._private_is_duplicate(
      state => v_state, added_at => v_unique.added_at, expires_at => v_unique.expires_at, within => within,
      until => until
    )
    and (
      v_state is not null
      -- Who removes a job removes its key with it: perhaps just now, while the look at the job waited for that.
      or exists (select from @extschema@._private_uniques as u where u.job_id = v_unique.job_id)
    )
  then
    return v_unique.job_id;
  end if;
  return null;
end;
$$;

comment on function @extschema@._private_find_duplicate(text, text, interval, text) is
$$Internal. The job that an add_unique_job is given instead of another one; null for none.
Locks: that job while it waits, for key share.$$;
