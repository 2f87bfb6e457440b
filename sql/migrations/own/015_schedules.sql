-- Tasks and queues by name, not by id: what has no row yet, or loses it to a cleanup, can be scheduled all the same.
create table @extschema@._private_schedules (
  identifier text primary key check (length(identifier) between 1 and 128),
  cron text,
  every interval check (every >= interval '1 second'),
  time_zone text not null default 'UTC',
  task_identifier text not null check (length(task_identifier) between 1 and 128),
  payload json,
  queue_name text,
  priority integer,
  max_attempts integer,
  job_key text,
  job_key_mode text not null default 'replace',
  backfill interval not null default interval '0',
  starts_at timestamptz,
  ends_at timestamptz,
  jitter interval not null default interval '0',
  skip_if_running boolean not null default false,
  file text,
  line integer,
  is_in_file boolean,
  published_at timestamptz,
  paused_at timestamptz,
  paused_by text,
  paused_until timestamptz,
  reason text,
  next_tick timestamptz,
  last_job_id bigint,
  last_skipped_at timestamptz,
  error text,
  error_at timestamptz,
  updated_at timestamptz not null default now(),
  updated_by text not null default session_user,
  check (num_nonnulls(cron, every) = 1 or (file is not null and num_nonnulls(cron, every) = 0))
);

create index _private_schedules_next_tick_idx
on @extschema@._private_schedules (next_tick, identifier)
where next_tick is not null;

alter table @extschema@._private_schedules enable row level security;

comment on table @extschema@._private_schedules is
$$Recurring jobs: by set_schedule, and those of crontabs, which publish_schedules keeps (file is where one stands). The
last tick of each stands in _private_known_crontabs, whatever added its job. published_at: when the worker started that
has said last what stands in the file. next_tick: null when none comes, for a pause without an end, an end, an error, or
a function of a worker that decides (neither cron nor every).$$;
