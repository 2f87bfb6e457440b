-- A fresh install at shared revision 20: the tables every runtime on this schema agrees on.
-- Revisions 1 to 20 are recorded as applied, so that no other runtime replays its own history here.

create table @extschema@.migrations (
  id integer primary key,
  ts timestamptz not null default now(),
  breaking boolean not null default false
);

create table @extschema@._private_job_queues (
  id integer generated always as identity primary key,
  queue_name text not null unique check (length(queue_name) <= 128),
  locked_at timestamptz,
  locked_by text,
  is_available boolean generated always as (locked_at is null) stored not null
);

create table @extschema@._private_tasks (
  id integer generated always as identity primary key,
  identifier text not null unique check (length(identifier) <= 128)
);

-- job_queue_id and task_id carry no foreign key: a check per row would be the largest cost of adding a job.
-- add_job locks the rows it refers to, cleanup never removes a row so locked.
create table @extschema@._private_jobs (
  id bigint generated always as identity primary key,
  job_queue_id integer,
  task_id integer not null,
  payload json not null default '{}'::json,
  priority smallint not null default 0,
  run_at timestamptz not null default now(),
  attempts smallint not null default 0,
  max_attempts smallint not null default 25 check (max_attempts >= 1),
  last_error text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  key text unique check (length(key) between 1 and 512),
  locked_at timestamptz,
  locked_by text,
  revision integer not null default 0,
  flags jsonb,
  is_available boolean generated always as (locked_at is null and attempts < max_attempts) stored not null
);

-- The index the claim statements of the other runtimes walk.
create index jobs_main_index on @extschema@._private_jobs (priority, run_at) where is_available;

create table @extschema@._private_known_crontabs (
  identifier text primary key,
  known_since timestamptz not null,
  last_execution timestamptz
);

create table @extschema@._private_workers (
  id text primary key,
  last_heartbeat_at timestamptz not null,
  started_at timestamptz not null default now(),
  metadata jsonb
);

create index workers_last_heartbeat_at_index on @extschema@._private_workers (last_heartbeat_at);

create type @extschema@.job_spec as (
  identifier text,
  payload json,
  queue_name text,
  run_at timestamptz,
  max_attempts smallint,
  job_key text,
  priority smallint,
  flags text[]
);

-- Only the owner reaches rows directly; everyone else goes through functions and the jobs view.
alter table @extschema@._private_job_queues enable row level security;
alter table @extschema@._private_tasks enable row level security;
alter table @extschema@._private_jobs enable row level security;
alter table @extschema@._private_known_crontabs enable row level security;
alter table @extschema@._private_workers enable row level security;

insert into @extschema@.migrations (id, breaking)
select
  r.id,
  r.id in (1, 3, 11, 13, 14, 16) as breaking
from generate_series(1, 20) as r (id);
