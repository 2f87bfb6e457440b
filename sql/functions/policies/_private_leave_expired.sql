create or replace function @extschema@._private_leave_expired(
  worker_id text,
  ctids tid[],
  now timestamptz,
  skipped_task_ids integer[],
  skipped_expiries interval[],
  until timestamptz,
  out kept_ctids tid[],
  out queue_ids integer[]
)
language plpgsql volatile
as $$
declare
  v_task_ids integer[];
  v_expiries interval[];
  v_expired_ids bigint[];
  v_failed_ids bigint[];
begin
  kept_ctids := ctids;
  select array_agg(t.id), array_agg(t.expires_after) into v_task_ids, v_expiries
  from (
    select
      i.id,
      -- As _private_effective_policies has it, which is no part of the query that calls it.
      coalesce(
        (
          select o.expires_after from @extschema@._private_task_policies as o
          where o.task_identifier = i.identifier and o.origin = 'operator'
        ),
        (
          select w.expires_after from @extschema@._private_task_policies as w
          where w.task_identifier = i.identifier and w.origin = 'worker'
        )
      ) as expires_after
    from @extschema@._private_tasks as i
    where
      -- Nothing here or below that wants an order, for which the whole table would be read by an index.
      i.id = any(array(select j.task_id from @extschema@._private_jobs as j where j.ctid = any(ctids)))
  ) as t
  where t.expires_after is not null;

  if v_task_ids is not null then
    select
      coalesce(array_agg(e.ctid) filter (where not e.is_expired), '{}'),
      array_agg(e.id) filter (where e.is_expired),
      array_agg(e.job_queue_id) filter (where e.is_expired and e.job_queue_id is not null)
    into kept_ctids, v_expired_ids, queue_ids
    from (
      select
        j.ctid, j.id, j.job_queue_id,
        -- Null, where the task has none, is no reason.
        coalesce(
          j.run_at < _private_leave_expired.now - v_expiries[array_position(v_task_ids, j.task_id)], false
        ) as is_expired
      from @extschema@._private_jobs as j
      where j.ctid = any(ctids)
    ) as e;
  end if;
  if v_expired_ids is not null then
    v_failed_ids := array(select f.id from @extschema@._private_fail_expired(job_ids => v_expired_ids) as f (id));
    perform @extschema@._private_unlock_queues(
      worker_id => worker_id,
      -- Of a wide queue others may be kept.
      queue_ids => array(
        select q.id
        from unnest(queue_ids) as q (id)
        where not exists (
          select from @extschema@._private_jobs as j where j.ctid = any(kept_ctids) and j.job_queue_id = q.id
        )
      )
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
  else
    v_task_ids := null;
    v_expiries := null;
  end if;

  -- Where one has expired there may be many, which no claim should have to take away one by one.
  v_task_ids := v_task_ids || skipped_task_ids;
  v_expiries := v_expiries || skipped_expiries;
  loop
    if
      v_task_ids is null
      or @extschema@._private_expire_tasks(
        task_ids => v_task_ids, expiries => v_expiries, now => _private_leave_expired.now, max_rows => 100
      ) < 100
    then
      queue_ids := null;
      exit;
    end if;
    -- Who has nothing better to do fails more of them.
    exit when cardinality(kept_ctids) > 0 or clock_timestamp() >= until;
  end loop;
end;
$$;

comment on function @extschema@._private_leave_expired(
  text, tid[], timestamptz, integer[], interval[], timestamptz
) is
$$Internal. kept_ctids: of the positions of jobs that the caller has locked to claim them, those of jobs that have not
expired by the policies of their tasks. Those that have are failed for good, and their queues are freed again for
others; and 100 more of the same tasks, and of those that the claim has passed over (skipped_task_ids,
skipped_expiries); more than that, up to an instant, where nothing is kept. queue_ids: the queues of what had expired,
where there may be more of that: null for none. To be called only while some policy has an expiry.
Locks: job rows in id order, passing over those in use, then queue rows that the caller holds.$$;
