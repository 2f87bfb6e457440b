create or replace function @extschema@._private_api() returns table (routine regprocedure, kinds text[])
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select p.oid::regprocedure, a.kinds
  from (
    values
      (array['enqueue', 'worker'], array['add_job', 'add_jobs', 'add_unkeyed_jobs', 'analyze_jobs']),
      (
        array['worker'],
        array[
          'get_jobs', 'complete_jobs', 'fail_jobs', 'return_jobs', 'resume_worker', 'worker_heartbeat',
          'beat_workers', 'hold_worker_locks', 'worker_deregister', 'register_crontabs', 'schedule_crontabs',
          'newer_breaking_migration'
        ]
      ),
      (
        array['worker', 'operator'],
        array[
          'release_expired_locks', 'list_stale_workers', 'list_orphan_locked_workers', 'recover_dead_worker_jobs',
          'delete_stale_workers', 'list_missing_workers', 'recover_workers', 'sweep_stale_workers', 'list_held_jobs',
          'recover_jobs', 'list_crashes'
        ]
      ),
      (
        array['operator'],
        array[
          'complete_jobs', 'permanently_fail_jobs', 'reschedule_jobs', 'remove_job', 'force_unlock_workers', 'cleanup',
          'stats', 'task_stats', 'table_health', 'list_xmin_holders', 'list_jobs', 'list_jobs_page', 'search_scope', 'show_job',
          'list_queues', 'longest_queues', 'list_workers', 'list_locked_workers', 'list_crontabs', 'retry_jobs',
          'count_matching_jobs', 'retry_matching_jobs', 'fail_matching_jobs', 'remove_matching_jobs',
          'reschedule_matching_jobs', 'pause_queue', 'pause_task', 'resume_queue', 'resume_task', 'list_paused'
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
