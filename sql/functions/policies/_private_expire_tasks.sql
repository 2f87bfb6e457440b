create or replace function @extschema@._private_expire_tasks(
  task_ids integer[],
  expiries interval[],
  now timestamptz,
  max_rows integer
) returns integer
language plpgsql volatile
-- By task, priority and run_at there is an index, whatever else lies in the table.
set enable_seqscan = off
set jit = off
set enable_bitmapscan = off
set enable_sort = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_ids bigint[];
  v_failed_ids bigint[];
  v_left_ids bigint[];
  -- Those that could not be failed would be met again and again, and the others never.
  v_refused_ids constant bigint[] := array(
    select r.job_id from @extschema@._private_refused_claims as r where r.next_try_at > now()
  );
begin
  v_ids := array(
    select e.id
    from unnest(task_ids, expiries) as t (id, expires_after)
    cross join unnest(@extschema@._private_available_priorities(1000)) as p (priority)
    cross join lateral (
      select j.id
      from @extschema@._private_jobs as j
      where
        j.is_available and j.job_queue_id is null and j.task_id = t.id and j.priority = p.priority
        and j.run_at < _private_expire_tasks.now - t.expires_after
        and (v_refused_ids = '{}' or j.id <> all(v_refused_ids))
      union all
      select j.id
      from @extschema@._private_jobs as j
      where
        j.is_available and j.job_queue_id is not null and j.task_id = t.id and j.priority = p.priority
        and j.run_at < _private_expire_tasks.now - t.expires_after
        and (v_refused_ids = '{}' or j.id <> all(v_refused_ids))
    ) as e
    limit max_rows
  );
  -- It may have changed since it was found, so all of it again.
  v_ids := array(
    select j.id
    from @extschema@._private_jobs as j
    inner join unnest(task_ids, expiries) as t (id, expires_after) on t.id = j.task_id
    where
      j.id = any(v_ids) and j.is_available and j.run_at < _private_expire_tasks.now - t.expires_after
    order by j.id
    for update of j skip locked
  );
  v_failed_ids := array(select f.id from @extschema@._private_fail_expired(job_ids => v_ids) as f (id));
  if cardinality(v_failed_ids) < cardinality(v_ids) then
    v_left_ids := array(select i.id from unnest(v_ids) as i (id) where i.id <> all(v_failed_ids));
    perform @extschema@._private_refuse_claims(
      worker_id => null, job_ids => v_left_ids,
      errors => array_fill(
        'it has expired, and something does not let it be failed'::text, array[cardinality(v_left_ids)]
      )
    );
  end if;
  return cardinality(v_failed_ids);
end;
$$;

comment on function @extschema@._private_expire_tasks(integer[], interval[], timestamptz, integer) is
$$Internal. Fails for good up to max_rows jobs of these tasks that wait and were due longer ago than their task's
expiry, and returns how many. What does not let itself be failed is left alone for a while, as a claim that was refused.
Locks: job rows in id order, passing over those in use; see _private_refuse_claims.$$;
