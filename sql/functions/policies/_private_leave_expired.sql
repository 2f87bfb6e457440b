create or replace function @extschema@._private_leave_expired(worker_id text, ctids tid[], now timestamptz)
returns tid[]
language plpgsql volatile
as $$
declare
  v_task_ids integer[];
  v_expiries interval[];
  v_kept tid[];
  v_expired_ids bigint[];
  v_failed_ids bigint[];
begin
  select array_agg(t.id), array_agg(p.expires_after) into v_task_ids, v_expiries
  from @extschema@._private_tasks as t
  inner join @extschema@._private_effective_policies(
    array(
      select i.identifier
      from @extschema@._private_tasks as i
      where
        -- Nothing here or below that wants an order, for which the whole table would be read by an index.
        i.id = any(array(select j.task_id from @extschema@._private_jobs as j where j.ctid = any(ctids)))
    )
  ) as p on p.task_identifier = t.identifier
  where p.expires_after is not null;
  if v_task_ids is null then
    return ctids;
  end if;

  select
    coalesce(array_agg(e.ctid) filter (where not e.is_expired), '{}'),
    array_agg(e.id) filter (where e.is_expired)
  into v_kept, v_expired_ids
  from (
    select
      j.ctid, j.id,
      -- Null, where the task has none, is no reason.
      coalesce(
        j.run_at < _private_leave_expired.now - v_expiries[array_position(v_task_ids, j.task_id)], false
      ) as is_expired
    from @extschema@._private_jobs as j
    where j.ctid = any(ctids)
  ) as e;
  if v_expired_ids is null then
    return ctids;
  end if;

  v_failed_ids := array(select f.id from @extschema@._private_fail_expired(job_ids => v_expired_ids) as f (id));
  perform @extschema@._private_unlock_queues(
    worker_id => worker_id,
    queue_ids => array(select j.job_queue_id from @extschema@._private_jobs as j where j.id = any(v_expired_ids))
  );
  perform @extschema@._private_refuse_claims(
    worker_id => worker_id,
    job_ids => array(select i.id from unnest(v_expired_ids) as i (id) where i.id <> all(v_failed_ids)),
    errors => array_fill(
      'it has expired, and something does not let it be failed'::text,
      array[cardinality(v_expired_ids) - cardinality(v_failed_ids)]
    )
  )
  where cardinality(v_failed_ids) < cardinality(v_expired_ids);
  -- Where one has expired there may be many, which no claim should have to take away one by one.
  perform @extschema@._private_expire_tasks(
    task_ids => v_task_ids, expiries => v_expiries, now => _private_leave_expired.now, max_rows => 1000
  );
  return v_kept;
end;
$$;

comment on function @extschema@._private_leave_expired(text, tid[], timestamptz) is
$$Internal. Of the positions of jobs that the caller has locked to claim them, those of jobs that have not expired by
the policies of their tasks. Those that have are failed for good, and their queues are freed again for others; and up to
1000 more of the same tasks. To be called only while some policy has an expiry.
Locks: job rows in id order, passing over those in use, then queue rows that the caller holds.$$;
