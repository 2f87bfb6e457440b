-- Stand-in: see README.md.
create schema @extschema@;

create table @extschema@.migrations (
  id int primary key,
  ts timestamptz not null default now(),
  breaking boolean not null default false
);
insert into @extschema@.migrations (id, breaking) select n, n in (1, 3, 11, 13, 14, 16) from generate_series(1, 18) as n;

create table @extschema@._private_job_queues (
  id int generated always as identity (sequence name @extschema@.job_queues_id_seq) constraint job_queues_pkey1 primary key,
  queue_name text not null constraint job_queues_queue_name_key unique
  constraint job_queues_queue_name_check check (length(queue_name) <= 128),
  locked_at timestamptz,
  locked_by text,
  is_available boolean generated always as (locked_at is null) stored not null
);

create table @extschema@._private_tasks (
  id int generated always as identity (sequence name @extschema@.tasks_id_seq) constraint tasks_pkey primary key,
  identifier text not null constraint tasks_identifier_key unique
  constraint tasks_identifier_check check (length(identifier) <= 128)
);

create table @extschema@._private_jobs (
  id bigint generated always as identity (sequence name @extschema@.jobs_id_seq1) constraint jobs_pkey1 primary key,
  job_queue_id int,
  task_id int not null,
  payload json not null default '{}'::json,
  priority smallint not null default 0,
  run_at timestamptz not null default now(),
  attempts smallint not null default 0,
  max_attempts smallint not null default 25 constraint jobs_max_attempts_check check (max_attempts >= 1),
  last_error text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  key text constraint jobs_key_key1 unique constraint jobs_key_check check (length(key) > 0 and length(key) <= 512),
  locked_at timestamptz,
  locked_by text,
  revision int not null default 0,
  flags jsonb,
  is_available boolean generated always as (locked_at is null and attempts < max_attempts) stored not null
);
create index jobs_main_index on @extschema@._private_jobs (priority, run_at)
include (id, task_id, job_queue_id) where is_available = true;
create index jobs_no_queue_index on @extschema@._private_jobs (priority, run_at)
include (id, task_id) where is_available = true and job_queue_id is null;

create table @extschema@._private_known_crontabs (
  identifier text constraint known_crontabs_pkey primary key,
  known_since timestamptz not null,
  last_execution timestamptz
);

create type @extschema@.job_spec as (
  identifier text, payload json, queue_name text, run_at timestamptz, max_attempts smallint, job_key text,
  priority smallint, flags text[]
);

alter table @extschema@._private_jobs enable row level security;
alter table @extschema@._private_job_queues enable row level security;
alter table @extschema@._private_tasks enable row level security;
alter table @extschema@._private_known_crontabs enable row level security;

create view @extschema@.jobs as
select
  j.id, q.queue_name, t.identifier as task_identifier, j.priority, j.run_at, j.attempts, j.max_attempts, j.last_error,
  j.created_at, j.updated_at, j.key, j.locked_at, j.locked_by, j.revision, j.flags
from @extschema@._private_jobs as j
inner join @extschema@._private_tasks as t on t.id = j.task_id
left join @extschema@._private_job_queues as q on q.id = j.job_queue_id;

create function @extschema@.add_job(
  identifier text, payload json default null, queue_name text default null, run_at timestamptz default null,
  max_attempts integer default null, job_key text default null, priority integer default null,
  flags text[] default null, job_key_mode text default 'replace'
) returns @extschema@._private_jobs language sql as 'select j from @extschema@._private_jobs as j limit 1';
create function @extschema@.remove_job(job_key text) returns @extschema@._private_jobs
language plpgsql strict as 'begin return null; end';
