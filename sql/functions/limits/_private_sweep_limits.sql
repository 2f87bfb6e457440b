create or replace function @extschema@._private_sweep_limits() returns void
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
begin
  -- Who pauses something that is paused no more waits for this, or this passes over it.
  delete from @extschema@._private_paused_queues as p
  where p.ctid = any(
    array(select o.ctid from @extschema@._private_paused_queues as o where o.until <= now() for update skip locked)
  );
  delete from @extschema@._private_paused_tasks as p
  where p.ctid = any(
    array(select o.ctid from @extschema@._private_paused_tasks as o where o.until <= now() for update skip locked)
  );
  if
    pg_sequence_last_value('@extschema@._private_rooms_used'::regclass) is null
    or not exists (select from @extschema@._private_rooms as r where r.room in ('task limits', 'queue limits'))
  then
    return;
  end if;
  perform @extschema@._private_settle_queues();
  delete from @extschema@._private_limits as l
  where
    l.origin = 'ended'
    and l.ctid = any(
      array(select e.ctid from @extschema@._private_limits as e where e.origin = 'ended' for update skip locked)
    )
    and not exists (
      select
      from (
        select j.job_queue_id
        from @extschema@._private_jobs as j
        where j.locked_at is not null and j.job_queue_id is not null
        group by j.job_queue_id
        having count(*) > 1
      ) as r
      inner join @extschema@._private_job_queues as q on q.id = r.job_queue_id
      where
        l.kind = 'queue' and q.queue_name = l.name or l.kind = 'pattern' and starts_with(q.queue_name, l.name)
    );
  delete from @extschema@._private_buckets as b
  where b.ctid = any(
    array(
      select o.ctid
      from @extschema@._private_buckets as o
      where o.full_at < now() - interval '1 minute'
      limit 10000
      for update skip locked
    )
  );
end;
$$;

comment on function @extschema@._private_sweep_limits() is
$$Internal. What the sweep does for limits and pauses: deletes pauses that have ended, limits of queues that were taken
back and whose queues run no more than one job each, and what is known of rates of which nothing is used; sees to it
that queues are locked just while they are full. Locks: pauses; queue rows in id order; limits; buckets; passing over
those in use.$$;
