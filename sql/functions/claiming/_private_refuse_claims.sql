create or replace function @extschema@._private_refuse_claims(
  worker_id text,
  job_ids bigint[],
  errors text[]
) returns void
language plpgsql volatile
as $$
declare
  v_refused record;
begin
  perform @extschema@._private_unlock_queues(
    worker_id => worker_id,
    queue_ids => array(
      select j.job_queue_id
      from @extschema@._private_jobs as j
      where j.id = any(job_ids) and j.job_queue_id is not null
    )
  );
  for v_refused in
    insert into @extschema@._private_refused_claims as r
    (job_id, refused_since, last_refused_at, next_try_at, refusals, error)
    select u.id, now(), now(), now() + interval '1 second', 1, left(u.error, 1000)
    from unnest(job_ids, errors) as u (id, error)
    order by u.id
    on conflict (job_id) do update
      set
        last_refused_at = now(),
        next_try_at = now() + least(2 ^ least(r.refusals, 10), 60) * interval '1 second',
        refusals = r.refusals + 1,
        error = excluded.error
    returning r.job_id, r.refusals, r.error
  loop
    -- The first, second, fourth, ... time.
    if v_refused.refusals & (v_refused.refusals - 1) = 0 then
      raise warning 'job % (%) can not be claimed (tries so far: %): %',
        v_refused.job_id,
        (
          select t.identifier
          from @extschema@._private_jobs as j
          inner join @extschema@._private_tasks as t on t.id = j.task_id
          where j.id = v_refused.job_id
        ),
        v_refused.refusals,
        v_refused.error
      using hint = 'Look for triggers, rules and constraints on the jobs table.';
    end if;
  end loop;
end;
$$;

comment on function @extschema@._private_refuse_claims(text, bigint[], text[]) is
$$Internal. Remembers that these jobs, which the caller has locked, can't be claimed, and why: they are left alone for
a second, and twice as long each time, up to a minute. Frees the queues that were locked for them. Warns of each the
first, second, fourth, ... time. Locks: queue rows, then its own.$$;
