-- How many jobs of a task or queue may run at once, and how many may start in a while. By name, not by id: what has no
-- row yet, or loses it to a cleanup, can have a limit all the same.
create table @extschema@._private_limits (
  kind text not null check (kind in ('task', 'queue', 'pattern')),
  name text not null check (length(name) <= 128),
  origin text not null check (origin in ('worker', 'operator', 'ended')),
  max_running integer check (max_running >= 1),
  rate double precision check (rate > 0),
  per interval check (per > interval '0'),
  burst integer check (burst >= 1),
  weight_by text,
  share double precision check (share > 0),
  is_unlimited boolean not null default false,
  set_at timestamptz not null default now(),
  set_by text not null default session_user,
  reason text,
  primary key (kind, name, origin)
);

-- Room for the next version of each row on its page: a claim that counts against a rate writes one.
create table @extschema@._private_buckets (
  kind text not null,
  name text not null,
  queue_name text not null default '',
  full_at timestamptz not null,
  next_at timestamptz not null,
  written_at timestamptz not null default clock_timestamp(),
  primary key (kind, name, queue_name)
) with (fillfactor = 50);

-- None as a rule; a look for them is not to read all limits there are.
create index _private_limits_ended_idx on @extschema@._private_limits (kind, name) where origin = 'ended';

-- Of one queue, whatever limits it.
create index _private_buckets_queue_name_idx on @extschema@._private_buckets (queue_name) where queue_name <> '';

alter table @extschema@._private_limits enable row level security;
alter table @extschema@._private_buckets enable row level security;

comment on table @extschema@._private_limits is
$$Limits of tasks and queues: as workers published them, and as operators set them; an operator's values come before a
worker's. kind pattern: of the queues whose name begins with name, each for itself. max_running: so many jobs at once;
of a queue: its width. rate, per, burst: so many may start per interval, burst of them at once. weight_by: the attribute
of the payload that says for how many a job counts. Whoever claims a job of a limited task locks the rows of its limits
meanwhile.$$;
comment on table @extschema@._private_buckets is
$$How much of a rate is used: when nothing of it will be any more. One row per limit that has a rate, and per queue
where it is one of queues; none, or a past instant: nothing is used. next_at: when there is room for
one more; by a clock that went back since written_at it says nothing.$$;

-- "Running of this task" and "running in this queue" are ranges of it, of as many entries as run. As many entries as
-- before, one per claim; who asks by worker reads those of all workers.
drop index @extschema@.jobs_locked_index;
create index jobs_locked_index on @extschema@._private_jobs (task_id, job_queue_id, locked_by)
where locked_at is not null;

-- A pause that ends by itself.
alter table @extschema@._private_paused_queues add column until timestamptz;
alter table @extschema@._private_paused_tasks add column until timestamptz;
