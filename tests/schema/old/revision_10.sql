-- Stand-in: see README.md.
create schema @extschema@;

create table @extschema@.migrations (id int primary key, ts timestamptz not null default now());
insert into @extschema@.migrations (id) select n from generate_series(1, 10) as n;

create table @extschema@.job_queues (
  queue_name text primary key,
  job_count int not null,
  locked_at timestamptz,
  locked_by text
);

create table @extschema@.jobs (
  id bigserial primary key,
  queue_name text,
  task_identifier text not null,
  payload json not null default '{}'::json,
  priority int not null default 0,
  run_at timestamptz not null default now(),
  attempts int not null default 0,
  max_attempts int not null default 25,
  last_error text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  key text unique check (length(key) > 0),
  locked_at timestamptz,
  locked_by text,
  revision int not null default 0,
  flags jsonb
);
create index jobs_priority_run_at_id_locked_at_without_failures_idx
on @extschema@.jobs (priority, run_at, id, locked_at) where attempts < max_attempts;

create table @extschema@.known_crontabs (
  identifier text primary key,
  known_since timestamptz not null,
  last_execution timestamptz
);

alter table @extschema@.jobs enable row level security;
alter table @extschema@.job_queues enable row level security;
alter table @extschema@.known_crontabs enable row level security;

create function @extschema@.tg__update_timestamp() returns trigger language plpgsql as $$
begin
  new.updated_at = now();
  return new;
end;
$$;
create trigger _100_timestamps before update on @extschema@.jobs
for each row execute function @extschema@.tg__update_timestamp();

create function @extschema@.fail_job(worker_id text, job_id bigint, error_message text) returns @extschema@.jobs
language sql as 'select j from @extschema@.jobs as j limit 1';
create function @extschema@.complete_jobs(job_ids bigint[]) returns setof @extschema@.jobs
language sql as 'select j from @extschema@.jobs as j';
