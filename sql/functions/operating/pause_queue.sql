create or replace function @extschema@.pause_queue(
  queue_name text,
  reason text default null,
  until timestamptz default null
) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_is_new boolean;
begin
  if queue_name is null then
    raise exception using
      errcode = 'GWBQN',
      message = 'bad queue name null',
      hint = 'Jobs without a queue are paused by task: pause_task.';
  end if;
  perform @extschema@._private_check_job(
    identifier => 'any', queue_name => queue_name, max_attempts => null, job_key => null, priority => null,
    flags => null
  );
  perform @extschema@._private_check_until(until => pause_queue.until);
  -- One that is over, and has not been swept away, is none.
  delete from @extschema@._private_paused_queues as p
  where p.queue_name = pause_queue.queue_name and p.until <= now();
  insert into @extschema@._private_paused_queues as p (queue_name, reason, until)
  values (pause_queue.queue_name, pause_queue.reason, pause_queue.until)
  on conflict on constraint _private_paused_queues_pkey do update
  set reason = coalesce(excluded.reason, p.reason), until = excluded.until
  -- Zero in a row that was inserted, the updating transaction in one that was there.
  returning p.xmax = 0 into v_is_new;
  -- Workers who have heard of another end, or none, are to hear of this one.
  if not v_is_new and until is not null then
    perform @extschema@._private_notify(job_count => 1);
  end if;
  return v_is_new;
end;
$$;

comment on function @extschema@.pause_queue(text, text, timestamptz) is
$$Keeps workers from claiming jobs of this queue until resume_queue, or that instant; those that run go on to their end.
The queue need not exist yet. True when it was not paused before; else a new reason replaces the old one, and until,
null for no end, what was set before. Only workers of this project look at pauses. Notifies, of another end:
jobs:insert. Locks: the row of the pause. Errors: GWBQN, GWBTI, GWBNS.$$;
