-- The public functions, exactly: other runtimes and applications rely on them.
select plan(9);

-- Types in their short names, defaults without the casts the catalog adds.
create function pg_temp.short(definition text) returns text language sql as $$
  select regexp_replace(
    replace(replace(definition, 'timestamp with time zone', 'timestamptz'), 'graphile_worker.', ''),
    '::(text|json|boolean|integer|bigint|timestamptz|interval|jsonb)(\[\])?', '', 'g'
  )
$$;
create temp view signatures as
select p.oid, p.proname::text collate "default" as name, pg_temp.short(pg_get_function_arguments(p.oid)) as arguments,
  pg_temp.short(pg_get_function_result(p.oid)) as result, p.provolatile, p.proisstrict
from pg_proc as p
where p.pronamespace = 'graphile_worker'::regnamespace and p.proname !~ '^_';
create temp table shared (name text, arguments text, result text);
insert into shared
values
  (
    'add_job',
    'identifier text, payload json DEFAULT NULL, queue_name text DEFAULT NULL, run_at timestamptz DEFAULT NULL, '
    'max_attempts integer DEFAULT NULL, job_key text DEFAULT NULL, priority integer DEFAULT NULL, '
    'flags text[] DEFAULT NULL, job_key_mode text DEFAULT ''replace''',
    '_private_jobs'
  ),
  ('add_jobs', 'specs job_spec[], job_key_preserve_run_at boolean DEFAULT false', 'SETOF _private_jobs'),
  ('complete_jobs', 'job_ids bigint[]', 'SETOF _private_jobs'),
  ('delete_stale_workers', 'worker_ids text[]', 'void'),
  ('force_unlock_workers', 'worker_ids text[]', 'void'),
  ('list_orphan_locked_workers', 'stale_threshold interval', 'TABLE(worker_id text)'),
  ('list_stale_workers', 'stale_threshold interval', 'TABLE(worker_id text)'),
  ('permanently_fail_jobs', 'job_ids bigint[], error_message text DEFAULT NULL', 'SETOF _private_jobs'),
  ('recover_dead_worker_jobs', 'worker_ids text[], recovery_delay interval DEFAULT ''00:00:00''', 'integer'),
  ('remove_job', 'job_key text', '_private_jobs'),
  (
    'reschedule_jobs',
    'job_ids bigint[], run_at timestamptz DEFAULT NULL, priority integer DEFAULT NULL, attempts integer DEFAULT NULL, '
    'max_attempts integer DEFAULT NULL',
    'SETOF _private_jobs'
  ),
  ('worker_deregister', 'worker_id text', 'void'),
  ('worker_heartbeat', 'worker_id text, metadata json DEFAULT NULL', 'void');
create temp table own (name text, arguments text, result text);
insert into own
values
  (
    'add_unkeyed_jobs',
    'identifiers text[], payloads json, queue_names text[] DEFAULT NULL, run_ats timestamptz[] DEFAULT NULL, '
    'max_attempts integer[] DEFAULT NULL, priorities integer[] DEFAULT NULL, flags json DEFAULT NULL',
    'bigint[]'
  ),
  (
    'add_unique_job',
    'identifier text, payload json DEFAULT NULL, unique_key text DEFAULT NULL, within interval DEFAULT NULL, '
    'until text DEFAULT ''ended'', queue_name text DEFAULT NULL, run_at timestamptz DEFAULT NULL, '
    'max_attempts integer DEFAULT NULL, priority integer DEFAULT NULL, flags text[] DEFAULT NULL',
    'TABLE(job_id bigint, is_new boolean, job _private_jobs)'
  ),
  (
    'add_unique_jobs',
    'specs job_spec[], unique_keys text[] DEFAULT NULL, within interval DEFAULT NULL, until text DEFAULT ''ended''',
    'TABLE(job_id bigint, is_new boolean)'
  ),
  ('unique_key', 'payload json, paths text[] DEFAULT NULL', 'text'),
  ('analyze_jobs', 'added_jobs integer', 'boolean'),
  (
    'cleanup', 'tasks text[] DEFAULT NULL, keep text[] DEFAULT NULL, max_rows integer DEFAULT NULL',
    'TABLE(task text, removed bigint)'
  ),
  ('complete_jobs', 'worker_id text, job_ids bigint[]', 'SETOF bigint'),
  (
    'fail_jobs',
    'worker_id text, job_ids bigint[], error_messages text[], replacement_payloads json[] DEFAULT NULL, '
    'failed_at timestamptz[] DEFAULT NULL, retry_ats timestamptz[] DEFAULT NULL, given_up boolean[] DEFAULT NULL',
    'TABLE(id bigint, will_retry boolean, attempts smallint, max_attempts smallint, run_at timestamptz)'
  ),
  (
    'get_jobs',
    'worker_id text, task_identifiers text[] DEFAULT NULL, max_jobs integer DEFAULT 1, '
    'forbidden_flags text[] DEFAULT NULL, now timestamptz DEFAULT now(), after_priority integer DEFAULT NULL, '
    'after_run_at timestamptz DEFAULT NULL, after_id bigint DEFAULT NULL, must_be_registered boolean DEFAULT false, '
    'only_queues text[] DEFAULT NULL, not_queues text[] DEFAULT NULL, max_per_task integer[] DEFAULT NULL, '
    'max_limited integer DEFAULT NULL',
    'TABLE(id bigint, task_identifier text, payload json, queue_name text, priority smallint, run_at timestamptz, '
    'attempts smallint, max_attempts smallint, created_at timestamptz, key text, flags jsonb)'
  ),
  (
    'worker_round',
    'worker_id text, completed bigint[] DEFAULT NULL, failed bigint[] DEFAULT NULL, error_messages text[] DEFAULT NULL, '
    'replacement_payloads text[] DEFAULT NULL, failed_at timestamptz[] DEFAULT NULL, returned bigint[] DEFAULT NULL, '
    'interrupted bigint[] DEFAULT NULL, interrupted_delay interval DEFAULT ''00:00:30'', '
    'task_identifiers text[] DEFAULT NULL, max_jobs integer DEFAULT 1, forbidden_flags text[] DEFAULT NULL, '
    'now timestamptz DEFAULT now(), after_priority integer DEFAULT NULL, after_run_at timestamptz DEFAULT NULL, '
    'after_id bigint DEFAULT NULL, must_be_registered boolean DEFAULT false, retry_ats timestamptz[] DEFAULT NULL, '
    'given_up boolean[] DEFAULT NULL, returned_run_ats timestamptz[] DEFAULT NULL, '
    'failed_tries integer DEFAULT 0, only_queues text[] DEFAULT NULL, not_queues text[] DEFAULT NULL, '
    'max_per_task integer[] DEFAULT NULL, max_limited integer DEFAULT NULL',
    'TABLE(kind text, id bigint, task_identifier text, payload json, queue_name text, priority smallint, '
    'run_at timestamptz, attempts smallint, max_attempts smallint, created_at timestamptz, key text, flags jsonb, '
    'error text)'
  ),
  ('grant_role', 'role_name text, kind text', 'void'),
  (
    'list_jobs',
    'state text DEFAULT ''all'', task text DEFAULT NULL, queue text DEFAULT NULL, search text DEFAULT NULL, '
    'row_limit integer DEFAULT 50, row_offset integer DEFAULT 0, before_id bigint DEFAULT NULL, '
    'after_id bigint DEFAULT NULL, max_rows integer DEFAULT 50000',
    'TABLE(id bigint, job_state text, task_identifier text, queue_name text, priority smallint, run_at timestamptz, '
    'attempts smallint, max_attempts smallint, key text, flags jsonb, last_error text, locked_at timestamptz, '
    'locked_by text, created_at timestamptz, updated_at timestamptz, revision integer, '
    'is_cancelled boolean)'
  ),
  (
    'list_jobs_page',
    'state text DEFAULT ''all'', task text DEFAULT NULL, queue text DEFAULT NULL, search text DEFAULT NULL, '
    'row_limit integer DEFAULT 50, row_offset integer DEFAULT 0, before_id bigint DEFAULT NULL, '
    'after_id bigint DEFAULT NULL, max_rows integer DEFAULT 50000',
    'TABLE(looked_at bigint, complete boolean, next_id bigint, id bigint, job_state text, task_identifier text, '
    'queue_name text, priority smallint, run_at timestamptz, attempts smallint, max_attempts smallint, key text, '
    'flags jsonb, last_error text, locked_at timestamptz, locked_by text, created_at timestamptz, '
    'updated_at timestamptz, revision integer, '
    'is_cancelled boolean)'
  ),
  ('beat_workers', 'worker_ids text[], lost_slots integer[] DEFAULT NULL', 'TABLE(worker_id text, worker_count integer)'),
  ('renew_locks', 'worker_ids text[]', 'integer'),
  ('hold_worker_locks', 'worker_ids text[]', 'SETOF text'),
  (
    'list_crashes', 'row_limit integer DEFAULT 100',
    'TABLE(job_id bigint, task_identifier text, crashes integer, last_crashed_at timestamptz, last_worker_id text)'
  ),
  (
    'list_held_jobs', 'worker_id text, after_id bigint DEFAULT 0, row_limit integer DEFAULT 100',
    'TABLE(id bigint, task_identifier text, payload json, queue_name text, priority smallint, run_at timestamptz, '
    'attempts smallint, max_attempts smallint, created_at timestamptz, key text, flags jsonb, locked_at timestamptz, '
    'crashes integer)'
  ),
  (
    'list_missing_workers',
    'own_ids text[] DEFAULT ''{}'', resilient_flags text[] DEFAULT ''{infrastructure_resilient}''',
    'TABLE(worker_id text, last_heartbeat_at timestamptz)'
  ),
  (
    'recover_jobs',
    'worker_id text, last_heartbeat_at timestamptz, job_ids bigint[], actions text[], '
    'run_ats timestamptz[] DEFAULT NULL, attempts integer[] DEFAULT NULL, error_messages text[] DEFAULT NULL, '
    'recovery_delay interval DEFAULT ''00:00:30'', max_crashes integer DEFAULT 5',
    'TABLE(id bigint, is_given_up boolean)'
  ),
  (
    'recover_workers',
    'worker_ids text[], last_heartbeats timestamptz[], recovery_delay interval DEFAULT ''00:00:30'', '
    'max_crashes integer DEFAULT 5',
    'TABLE(worker_id text, last_heartbeat_at timestamptz, recovered_jobs integer, given_up_jobs integer, '
    'skipped_jobs integer)'
  ),
  (
    'sweep_stale_workers',
    'sweep_threshold interval DEFAULT ''00:05:00'', recovery_delay interval DEFAULT ''00:00:30'', '
    'dry_run boolean DEFAULT false, resilient_flags text[] DEFAULT ''{infrastructure_resilient}'', '
    'multiplier double precision DEFAULT 3, max_crashes integer DEFAULT 5, '
    'orphans_like text DEFAULT ''graphile\_worker\_%'', force boolean DEFAULT false',
    'TABLE(worker_id text, last_heartbeat_at timestamptz, recovered_jobs integer, given_up_jobs integer, '
    'skipped_jobs integer)'
  ),
  (
    'watch_workers',
    'own_ids text[] DEFAULT ''{}'', grace interval DEFAULT ''00:00:05'', '
    'resilient_flags text[] DEFAULT ''{infrastructure_resilient}''',
    'TABLE(worker_id text, last_heartbeat_at timestamptz, dead_in interval)'
  ),
  ('list_crontabs', '', 'TABLE(identifier text, known_since timestamptz, last_execution timestamptz)'),
  (
    'list_locked_workers', '',
    'TABLE(worker_id text, locked_jobs bigint, locked_queues bigint, oldest_lock timestamptz, '
    'last_heartbeat_at timestamptz)'
  ),
  (
    'list_queues',
    'row_limit integer DEFAULT 100, after_queue text DEFAULT NULL, search text DEFAULT NULL, '
    'count_limit integer DEFAULT 1000',
    'TABLE(queue_name text, ready bigint, scheduled bigint, locked bigint, failed bigint, locked_at timestamptz, '
    'locked_by text, paused_at timestamptz, pause_reason text, capped text[])'
  ),
  (
    'list_workers',
    'stale_threshold interval DEFAULT ''00:05:00'', row_limit integer DEFAULT 1000, row_offset integer DEFAULT 0',
    'TABLE(worker_id text, started_at timestamptz, last_heartbeat_at timestamptz, is_stale boolean, '
    'locked_jobs bigint, locked_queues bigint, oldest_lock timestamptz, metadata jsonb)'
  ),
  ('may_migrate', 'pid integer', 'boolean'),
  ('newer_breaking_migration', 'revision integer, migration integer', 'text'),
  (
    'register_crontabs', 'identifiers text[], seen_at timestamptz DEFAULT NULL',
    'TABLE(identifier text, known_since timestamptz, last_execution timestamptz)'
  ),
  (
    'release_expired_locks',
    'max_age interval DEFAULT NULL, dry_run boolean DEFAULT false, sweep_threshold interval DEFAULT ''00:05:00''',
    'TABLE(job_id bigint, queue_name text, worker_id text)'
  ),
  (
    'resume_worker', 'worker_id text, held_job_ids bigint[] DEFAULT ''{}''', 'TABLE(id bigint, outcome text)'
  ),
  (
    'return_jobs',
    'worker_id text, job_ids bigint[], delay interval DEFAULT ''00:00:00'', now timestamptz DEFAULT now(), '
    'run_ats timestamptz[] DEFAULT NULL',
    'SETOF bigint'
  ),
  (
    'set_task_policy',
    'task_identifier text, timeout interval DEFAULT NULL, retry json DEFAULT NULL, max_attempts integer DEFAULT NULL, '
    'priority integer DEFAULT NULL, expires_after interval DEFAULT NULL, bad_payload text DEFAULT NULL, '
    'reason text DEFAULT NULL',
    'boolean'
  ),
  ('reset_task_policy', 'task_identifier text', 'boolean'),
  ('publish_task_policies', 'policies json, started_at timestamptz DEFAULT now()', 'integer'),
  (
    'list_task_policies', 'task_identifiers text[] DEFAULT NULL',
    'TABLE(task_identifier text, timeout interval, retry jsonb, max_attempts integer, priority integer, '
    'expires_after interval, bad_payload text, from_operator text[], set_at timestamptz, set_by text, reason text)'
  ),
  ('expire_jobs', 'max_rows integer DEFAULT 1000', 'integer'),
  (
    'cancel_jobs',
    'job_ids bigint[], reason text DEFAULT NULL, remove boolean DEFAULT false, dry_run boolean DEFAULT false',
    'TABLE(id bigint, outcome text, worker_id text)'
  ),
  ('list_cancelled', 'worker_ids text[]', 'TABLE(job_id bigint, worker_id text, reason text)'),
  ('finish_job', 'worker_id text, job_id bigint', 'bigint'),
  ('show_finish', 'worker_id text, job_id bigint, transaction_id bigint', 'text'),
  (
    'schedule_crontabs',
    'tick timestamptz, entries json, backfilled boolean DEFAULT false, with_refused boolean DEFAULT false',
    'TABLE(identifier text, job_id bigint, error_code text, error_message text, error_hint text)'
  ),
  (
    'check_crontabs', 'entries json',
    'TABLE(identifier text, error_code text, error_message text, error_hint text)'
  ),
  (
    'show_job', 'job_id bigint',
    'TABLE(id bigint, job_state text, task_identifier text, payload json, queue_name text, priority smallint, '
    'run_at timestamptz, attempts smallint, max_attempts smallint, key text, flags jsonb, last_error text, '
    'locked_at timestamptz, locked_by text, created_at timestamptz, updated_at timestamptz, revision integer, '
    'is_cancelled boolean)'
  ),
  (
    'stats', '',
    'TABLE(total bigint, ready bigint, scheduled bigint, locked bigint, failed bigint, oldest_ready_age interval, '
    'queues bigint, locked_queues bigint, workers bigint, paused_queues bigint, paused_tasks bigint, '
    'estimated text[], jobs_added bigint, jobs_deleted bigint, counted_at timestamptz, stale_workers bigint, '
    'at_least text[], held_back bigint)'
  ),
  (
    'limit_queue',
    'queue_name text, width integer DEFAULT NULL, rate double precision DEFAULT NULL::double precision, '
    'per interval DEFAULT NULL, burst integer DEFAULT NULL, weight_by text DEFAULT NULL, '
    'share double precision DEFAULT NULL::double precision, unlimited boolean DEFAULT false, reason text DEFAULT NULL',
    'boolean'
  ),
  (
    'limit_task',
    'task_identifier text, max_running integer DEFAULT NULL, rate double precision DEFAULT NULL::double precision, '
    'per interval DEFAULT NULL, burst integer DEFAULT NULL, weight_by text DEFAULT NULL, '
    'unlimited boolean DEFAULT false, reason text DEFAULT NULL',
    'boolean'
  ),
  (
    'list_limits', 'row_limit integer DEFAULT 100, after_kind text DEFAULT NULL, after_name text DEFAULT NULL',
    'TABLE(kind text, name text, max_running integer, running bigint, rate double precision, per interval, '
    'burst integer, weight_by text, share double precision, tokens double precision, next_at timestamptz, '
    'held_back bigint, capped boolean, from_operator text[], set_at timestamptz, set_by text, reason text)'
  ),
  (
    'publish_limits', 'tasks json DEFAULT NULL, queues json DEFAULT NULL, started_at timestamptz DEFAULT now()',
    'integer'
  ),
  ('unlimit_queue', 'queue_name text', 'boolean'),
  ('unlimit_task', 'task_identifier text', 'boolean'),
  (
    'list_paused', '',
    'TABLE(kind text, name text, paused_at timestamptz, paused_by text, reason text, until timestamptz)'
  ),
  (
    'next_ticks',
    'expression text, after timestamptz DEFAULT now(), time_zone text DEFAULT ''UTC'', count integer DEFAULT 1',
    'SETOF timestamptz'
  ),
  (
    'set_schedule',
    'identifier text, cron text DEFAULT NULL, every interval DEFAULT NULL, task text DEFAULT NULL, '
    'payload json DEFAULT NULL, time_zone text DEFAULT ''UTC'', queue_name text DEFAULT NULL, '
    'priority integer DEFAULT NULL, max_attempts integer DEFAULT NULL, job_key text DEFAULT NULL, '
    'job_key_mode text DEFAULT ''replace'', backfill interval DEFAULT ''00:00:00'', '
    'starts_at timestamptz DEFAULT NULL, ends_at timestamptz DEFAULT NULL, jitter interval DEFAULT ''00:00:00'', '
    'skip_if_running boolean DEFAULT false',
    'boolean'
  ),
  ('remove_schedule', 'identifier text', 'boolean'),
  ('pause_schedule', 'identifier text, reason text DEFAULT NULL, until timestamptz DEFAULT NULL', 'boolean'),
  ('resume_schedule', 'identifier text', 'boolean'),
  ('run_schedule_now', 'identifier text', 'bigint'),
  (
    'publish_schedules',
    'file text, entries json, now timestamptz DEFAULT NULL, started_at timestamptz DEFAULT now()',
    'TABLE(identifier text, error_code text, error_message text, error_hint text)'
  ),
  (
    'schedule_due_jobs', 'now timestamptz DEFAULT NULL, max_ticks integer DEFAULT 1000, crontabs text[] DEFAULT NULL',
    'TABLE(identifier text, tick timestamptz, job_id bigint, outcome text, backfilled boolean, error text)'
  ),
  (
    'next_schedule', 'crontabs text[] DEFAULT NULL, now timestamptz DEFAULT NULL',
    'TABLE(identifier text, tick timestamptz, due_in interval)'
  ),
  (
    'list_schedules',
    'identifiers text[] DEFAULT NULL, row_limit integer DEFAULT 100, after_identifier text DEFAULT NULL, '
    'tick_count integer DEFAULT 3, search text DEFAULT NULL, state text DEFAULT ''all'', '
    'ticks_after timestamptz DEFAULT NULL',
    'TABLE(identifier text, words text, cron text, every interval, time_zone text, task text, payload json, '
    'queue_name text, priority integer, max_attempts integer, job_key text, job_key_mode text, backfill interval, '
    'starts_at timestamptz, ends_at timestamptz, jitter interval, skip_if_running boolean, source text, '
    'is_in_file boolean, published_at timestamptz, paused_at timestamptz, paused_by text, paused_until timestamptz, '
    'pause_reason text, next_ticks timestamptz[], last_tick timestamptz, last_job_id bigint, last_outcome text, '
    'last_skipped_at timestamptz, error text, error_at timestamptz, updated_at timestamptz, updated_by text)'
  ),
  (
    'list_refused_claims', 'row_limit integer DEFAULT 100',
    'TABLE(job_id bigint, task_identifier text, queue_name text, refused_since timestamptz, '
    'last_refused_at timestamptz, next_try_at timestamptz, refusals integer, error text)'
  ),
  (
    'list_xmin_holders', 'row_limit integer DEFAULT 10',
    'TABLE(kind text, name text, pid integer, role_name text, state text, since timestamptz, xmin_age bigint, '
    'query text)'
  ),
  (
    'longest_queues', 'row_limit integer DEFAULT 20, max_rows integer DEFAULT 20000',
    'TABLE(queue_name text, ready bigint, oldest_ready_age interval, locked_at timestamptz, locked_by text, '
    'paused_at timestamptz, capped boolean)'
  ),
  ('pause_queue', 'queue_name text, reason text DEFAULT NULL, until timestamptz DEFAULT NULL', 'boolean'),
  ('pause_task', 'task_identifier text, reason text DEFAULT NULL, until timestamptz DEFAULT NULL', 'boolean'),
  ('resume_queue', 'queue_name text', 'boolean'),
  ('resume_task', 'task_identifier text', 'boolean'),
  ('retry_jobs', 'job_ids bigint[]', 'SETOF _private_jobs'),
  ('retry_jobs', 'job_ids bigint[], dry_run boolean', 'SETOF _private_jobs'),
  ('complete_jobs', 'dry_run boolean, job_ids bigint[]', 'SETOF _private_jobs'),
  ('permanently_fail_jobs', 'job_ids bigint[], error_message text, dry_run boolean', 'SETOF _private_jobs'),
  (
    'reschedule_jobs',
    'job_ids bigint[], run_at timestamptz, priority integer, attempts integer, max_attempts integer, dry_run boolean',
    'SETOF _private_jobs'
  ),
  (
    'cleanup', 'tasks text[], keep text[], max_rows integer, dry_run boolean',
    'TABLE(task text, removed bigint, names text[])'
  ),
  (
    'force_unlock_workers', 'worker_ids text[], dry_run boolean',
    'TABLE(worker_id text, locked_jobs bigint, locked_queues bigint, oldest_lock timestamptz, '
    'last_heartbeat_at timestamptz)'
  ),
  (
    'find_job', 'job_key text',
    'TABLE(id bigint, job_state text, task_identifier text, payload json, queue_name text, priority smallint, '
    'run_at timestamptz, attempts smallint, max_attempts smallint, key text, flags jsonb, last_error text, '
    'locked_at timestamptz, locked_by text, created_at timestamptz, updated_at timestamptz, revision integer, '
    'is_cancelled boolean)'
  ),
  ('list_default_states', '', 'TABLE(action text, state text)'),
  (
    'table_health', '',
    'TABLE(table_name text, live_rows bigint, dead_rows bigint, table_bytes bigint, index_bytes bigint, '
    'last_vacuum timestamptz, last_autovacuum timestamptz, last_analyze timestamptz, last_autoanalyze timestamptz, '
    'inserted bigint, updated bigint, deleted bigint, xid_age bigint)'
  ),
  (
    'task_stats',
    'row_limit integer DEFAULT 100, after_task text DEFAULT NULL, count_limit integer DEFAULT 1000',
    'TABLE(task_identifier text, ready bigint, scheduled bigint, locked bigint, failed bigint, '
    'oldest_ready_age interval, paused_at timestamptz, pause_reason text, capped text[])'
  );
insert into own
select
  b.name || '_matching_jobs',
  'task text DEFAULT NULL, queue text DEFAULT NULL, state text DEFAULT NULL, error_like text DEFAULT NULL, '
  'changed_before timestamptz DEFAULT NULL, changed_since timestamptz DEFAULT NULL, job_ids bigint[] DEFAULT NULL, '
  'after_id bigint DEFAULT 0, max_jobs integer DEFAULT 1000, max_rows integer DEFAULT 50000' || b.others || ', dry_run boolean DEFAULT false',
  'TABLE(changed bigint, looked_at bigint, last_id bigint, more boolean, skipped bigint)'
from (values
  ('retry', ''), ('complete', ''), ('remove', ''), ('fail', ', error_message text DEFAULT NULL'),
  ('cancel', ', reason text DEFAULT NULL, remove boolean DEFAULT false'),
  (
    'reschedule',
    ', run_at timestamptz DEFAULT NULL, priority integer DEFAULT NULL, attempts integer DEFAULT NULL, '
    'max_attempts integer DEFAULT NULL'
  )
) as b (name, others);

select is_empty(
  $$select s.* from shared as s except select c.name, c.arguments, c.result from signatures as c$$,
  'functions that other runtimes call are there to the letter: names, arguments, defaults, results'
);
select is_empty(
  $$select o.* from own as o except select c.name, c.arguments, c.result from signatures as c$$,
  'functions of this project''s own are there'
);
select is_empty(
  $$
    select c.name, c.arguments, c.result from signatures as c
    except (select s.* from shared as s union all select o.* from own as o)
  $$,
  'there are no other public functions'
);
select results_eq(
  $$select s.name from signatures as s where s.proisstrict order by 1$$, 
  array['remove_job', 'reset_task_policy', 'resume_queue', 'resume_task', 'unlimit_queue', 'unlimit_task'],
  'null in means null out for these'
);
select set_eq(
  $$select s.name from signatures as s where s.provolatile = 's'$$,
  array[
    'list_cancelled', 'list_crashes', 'list_crontabs', 'list_task_policies', 'list_held_jobs', 'list_jobs', 'list_refused_claims', 'list_jobs_page', 'list_limits', 'list_locked_workers', 'list_paused',
    'list_orphan_locked_workers', 'list_queues', 'list_schedules', 'next_schedule', 'next_ticks', 'list_stale_workers', 'list_workers', 'may_migrate', 'newer_breaking_migration',
    'list_xmin_holders', 'longest_queues', 'find_job', 'show_job', 'stats', 'table_health', 'task_stats', 'unique_key'
  ],
  'functions that only look are stable'
);
select is_empty(
  $$
    select p.oid::regprocedure from pg_proc as p
    where p.pronamespace = 'graphile_worker'::regnamespace and coalesce(obj_description(p.oid, 'pg_proc'), '') = ''
  $$,
  'every function has a comment'
);
select is_empty(
  $$
    select s.oid::regprocedure, obj_description(s.oid, 'pg_proc')
    from signatures as s
    where s.name <> 'newer_breaking_migration' and obj_description(s.oid, 'pg_proc') !~ '^[A-Z][a-z]+s [^.]+([.][a-z0-9]+[^.]*)*[.](\s|$)'
  $$,
  'the comment of a public one begins with a sentence that begins with a verb: what it does'
);
select is_empty(
  $$
    select s.oid::regprocedure from signatures as s
    where obj_description(s.oid, 'pg_proc') ~ '^Internal'
    union all
    select p.oid::regprocedure from pg_proc as p
    where
      p.pronamespace = 'graphile_worker'::regnamespace and p.proname ~ '^_private_'
      and obj_description(p.oid, 'pg_proc') !~ '^Internal'
  $$,
  'and it says which functions are internal'
);
select is_empty(
  $$
    select p.oid::regprocedure from pg_proc as p
    where
      p.pronamespace = 'graphile_worker'::regnamespace and p.prosecdef
      and coalesce(array_to_string(p.proconfig, ' '), '') !~ 'search_path'
  $$,
  'no function runs as its owner with the caller''s search_path'
);

select * from finish();
