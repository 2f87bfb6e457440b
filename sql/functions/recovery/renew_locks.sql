create or replace function @extschema@.renew_locks(worker_ids text[]) returns integer
language sql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
  select @extschema@._private_renew_locks(worker_ids => renew_locks.worker_ids)
$$;

comment on function @extschema@.renew_locks(text[]) is
$$Dates anew the locks of jobs, and of their queues, that these workers have held for more than an hour: the caller says
that they are alive and at work on them. For workers that send no heartbeats (beat_workers and worker_heartbeat do the
same): call it every few minutes, or jobs that take longer than 4 hours are freed as if their worker had died. Where
nothing has been held for that long nothing is written. Returns the number of jobs.
Locks: job rows in id order, then queue rows in id order, leaving out those that somebody is just working on.$$;
