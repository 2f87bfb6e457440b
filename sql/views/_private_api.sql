create or replace view @extschema@._private_api as
select
  p.oid::regprocedure as routine,
  a.room,
  a.kinds,
  a.place
from (
  select
    l.room,
    l.kinds,
    l.names,
    row_number() over () as place
  from (
    values
    (
      'adding', array['enqueue', 'worker'],
      array[
        'add_job', 'add_jobs', 'add_unkeyed_jobs', 'add_unique_job', 'add_unique_jobs', 'unique_key', 'analyze_jobs'
      ]
    ),
    ('adding', array['operator'], array['remove_job']),
    ('claiming', array['worker'], array['get_jobs']),
    ('outcomes', array['worker'], array['worker_round', 'complete_jobs', 'fail_jobs', 'return_jobs', 'resume_worker']),
    ('outcomes', array['operator'], array['complete_jobs']),
    (
      'recovery', array['worker'],
      array['worker_heartbeat', 'beat_workers', 'renew_locks', 'hold_worker_locks', 'worker_deregister']
    ),
    (
      'recovery', array['worker', 'operator'],
      array[
        'release_expired_locks', 'list_stale_workers', 'list_orphan_locked_workers', 'recover_dead_worker_jobs',
        'delete_stale_workers', 'list_missing_workers', 'watch_workers', 'recover_workers', 'sweep_stale_workers',
        'list_held_jobs', 'recover_jobs', 'list_crashes'
      ]
    ),
    ('recovery', array['operator'], array['force_unlock_workers']),
    ('cron', array['worker'], array['register_crontabs', 'schedule_crontabs']),
    ('cron', array['operator'], array['list_crontabs']),
    ('cron', array['worker', 'operator'], array['check_crontabs']),
    (
      'looking', array['operator'],
      array[
        'stats', 'task_stats', 'table_health', 'list_xmin_holders', 'list_refused_claims',
        'list_jobs', 'list_jobs_page',
        'show_job', 'find_job', 'list_queues', 'longest_queues', 'list_workers', 'list_locked_workers'
      ]
    ),
    (
      'operating', array['operator'],
      array[
        'permanently_fail_jobs', 'reschedule_jobs', 'retry_jobs', 'list_default_states', 'retry_matching_jobs',
        'fail_matching_jobs', 'complete_matching_jobs', 'remove_matching_jobs', 'reschedule_matching_jobs',
        'pause_queue', 'pause_task', 'resume_queue', 'resume_task', 'list_paused', 'cleanup'
      ]
    ),
    ('policies', array['worker'], array['publish_task_policies', 'finish_job', 'show_finish', 'list_cancelled']),
    (
      'policies', array['operator'],
      array['set_task_policy', 'reset_task_policy', 'cancel_jobs', 'cancel_matching_jobs']
    ),
    ('policies', array['worker', 'operator'], array['list_task_policies', 'expire_jobs']),
    ('limits', array['worker'], array['publish_limits']),
    (
      'limits', array['operator'], array['limit_task', 'limit_queue', 'unlimit_task', 'unlimit_queue', 'list_limits']
    ),
    (
      'schedules', array['operator'],
      array[
        'set_schedule', 'remove_schedule', 'pause_schedule', 'resume_schedule', 'run_schedule_now', 'list_schedules'
      ]
    ),
    (
      'schedules', array['worker', 'operator'],
      array['next_ticks', 'next_schedule', 'schedule_due_jobs', 'publish_schedules']
    ),
    ('schema', array['worker'], array['newer_breaking_migration', 'may_migrate']),
    -- The owner's alone.
    ('schema', array[]::text[], array['grant_role'])
  ) as l (room, kinds, names)
) as a
inner join pg_catalog.pg_proc as p on p.proname = any(a.names)
-- The schema by what is in it: its name as a constant would make the view another one in every schema.
inner join pg_catalog.pg_class as j on p.pronamespace = j.relnamespace
where
  j.oid = '@extschema@._private_jobs'::regclass
  -- One name, two functions: a worker completes the jobs that it holds, an operator those that nobody does.
  and (p.proname <> 'complete_jobs' or (p.proargnames[1] = 'worker_id') = ('worker' = any(a.kinds)));

comment on view @extschema@._private_api is
$$Internal. Every public function: the room it stands in (the folder of sql/functions), and the kinds of roles that can
be allowed to call it (see grant_role). A view and not a function, so that whoever may read the view functions need not
be allowed to call anything. place: the order in which rooms are to be read.$$;
