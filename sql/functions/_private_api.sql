create or replace function @extschema@._private_api() returns table (routine regprocedure, kinds text[])
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select p.oid::regprocedure, a.kinds
  from (
    values
      (array['enqueue', 'worker'], array['add_job', 'add_jobs']),
      (
        array['worker'],
        array[
          'get_jobs', 'complete_jobs', 'fail_jobs', 'return_jobs', 'resume_worker', 'worker_heartbeat',
          'worker_deregister', 'register_crontabs', 'schedule_crontabs'
        ]
      ),
      (
        array['worker', 'operator'],
        array[
          'release_expired_locks', 'list_stale_workers', 'list_orphan_locked_workers', 'recover_dead_worker_jobs',
          'delete_stale_workers'
        ]
      ),
      (
        array['operator'],
        array[
          'complete_jobs', 'permanently_fail_jobs', 'reschedule_jobs', 'remove_job', 'force_unlock_workers', 'cleanup',
          'stats', 'list_jobs', 'show_job', 'list_queues', 'list_workers', 'list_locked_workers', 'list_crontabs'
        ]
      )
  ) as a (kinds, names)
  inner join pg_proc as p on p.proname = any(a.names)
  where
    p.pronamespace = '@extschema@'::regnamespace
    -- One name, two functions: a worker completes the jobs that it holds, an operator those that nobody does.
    and (p.proname <> 'complete_jobs' or (p.proargnames[1] = 'worker_id') = ('worker' = any(a.kinds)))
$$;

comment on function @extschema@._private_api() is
$$Internal. Every function that roles other than the owner can be allowed to call, and the kinds of roles that are
(see grant_role).$$;
