create or replace function @extschema@.resume_queue(queue_name text) returns boolean
language plpgsql volatile strict security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from @extschema@._private_paused_queues as p
  where p.queue_name = resume_queue.queue_name and (p.until > now()) is not false;
  if not found then
    return false;
  end if;
  -- One job of a queue can be claimed at a time.
  perform @extschema@._private_notify(job_count => 1);
  return true;
end;
$$;

comment on function @extschema@.resume_queue(text) is
$$Ends what pause_queue began; false when the queue was not paused. Notifies: jobs:insert, so that idle workers look at
once, unless the setting graphile_worker.notify says otherwise. Locks: the row of the pause. Errors: GWBNS.$$;
