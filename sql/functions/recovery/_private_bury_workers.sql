create or replace function @extschema@._private_bury_workers(worker_ids text[]) returns void
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
declare
  v_queue_id integer;
begin
  for v_queue_id in
    select q.id
    from @extschema@._private_job_queues as q
    where
      q.locked_by = any(worker_ids)
      and not exists (
        select
        from @extschema@._private_jobs as j
        where
          j.task_id = any(array(select t.id from @extschema@._private_tasks as t)) and j.job_queue_id = q.id
          and j.locked_by = q.locked_by and j.locked_at is not null
      )
    order by q.id
    for no key update skip locked
  loop
    begin
      update @extschema@._private_job_queues as q set locked_at = null, locked_by = null where q.id = v_queue_id;
    exception
      when others or assert_failure then
        raise warning 'queue % of a dead worker can not be released: %', v_queue_id, sqlerrm;
    end;
  end loop;

  delete from @extschema@._private_workers as w
  where
    w.id = any(worker_ids)
    and not exists (select from @extschema@._private_jobs as j where j.locked_by = w.id and j.locked_at is not null)
    and not exists (select from @extschema@._private_job_queues as q where q.locked_by = w.id);
  -- What it still holds is for a later sweep, which must find it; itself it must learn of this one.
  update @extschema@._private_workers as w
  set
    metadata = jsonb_set(
      case when jsonb_typeof(w.metadata) = 'object' then w.metadata else '{}' end, '{swept}', 'true'
    )
  where w.id = any(worker_ids);
  perform @extschema@._private_forget_crashes();
  perform @extschema@._private_settle_limits();
end;
$$;

comment on function @extschema@._private_bury_workers(text[]) is
$$Internal. Once their jobs have been taken back: releases the queues of dead workers and takes off the list those that
hold nothing any more; the others are marked as swept. Forgets what was counted about jobs that have ended.
Locks: queue rows in id order, leaving out those that are locked, then the rows of these workers.$$;
