-- Stand-in: see README.md.
create schema @extschema@;

create table @extschema@.migrations (
  id int primary key,
  ts timestamptz not null default now(),
  breaking boolean not null default false
);
insert into @extschema@.migrations (id, breaking) select n, n in (1, 3, 11, 13, 14) from generate_series(1, 15) as n;

create table @extschema@.job_queues (
  id int generated always as identity constraint job_queues_pkey1 primary key,
  queue_name text not null unique check (length(queue_name) <= 128),
  locked_at timestamptz,
  locked_by text,
  is_available boolean generated always as (locked_at is null) stored not null
);

create table @extschema@.tasks (
  id int generated always as identity primary key,
  identifier text not null unique check (length(identifier) <= 128)
);

create table @extschema@.jobs (
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
create index jobs_main_index on @extschema@.jobs (priority, run_at)
include (id, task_id, job_queue_id) where is_available = true;
create index jobs_no_queue_index on @extschema@.jobs (priority, run_at)
include (id, task_id) where is_available = true and job_queue_id is null;

create table @extschema@.known_crontabs (
  identifier text primary key,
  known_since timestamptz not null,
  last_execution timestamptz
);

create type @extschema@.job_spec as (
  identifier text, payload json, queue_name text, run_at timestamptz, max_attempts smallint, job_key text,
  priority smallint, flags text[]
);

alter table @extschema@.jobs enable row level security;
alter table @extschema@.job_queues enable row level security;
alter table @extschema@.tasks enable row level security;
alter table @extschema@.known_crontabs enable row level security;

create function @extschema@.tg_jobs__after_insert() returns trigger language plpgsql as $$
begin
  perform pg_notify('jobs:insert', '');
  return new;
end;
$$;
create trigger _900_after_insert after insert on @extschema@.jobs
for each statement execute function @extschema@.tg_jobs__after_insert();

create function @extschema@.jobs__increase_job_queue_count() returns trigger language plpgsql as 'begin return new; end';
create function @extschema@.add_jobs(specs @extschema@.job_spec[], job_key_preserve_run_at boolean default false)
returns setof @extschema@.jobs language sql as 'select j from @extschema@.jobs as j';
