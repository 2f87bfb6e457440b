-- Stand-in: see README.md.
create schema @extschema@;

create table @extschema@.migrations (id int primary key, ts timestamptz not null default now());
insert into @extschema@.migrations (id) values (1);

create table @extschema@.job_queues (
  queue_name text primary key,
  job_count int not null,
  locked_at timestamptz,
  locked_by text
);

create table @extschema@.jobs (
  id bigserial primary key,
  queue_name text not null default md5(random()::text),
  task_identifier text not null,
  payload json not null default '{}'::json,
  priority int not null default 0,
  run_at timestamptz not null default now(),
  attempts int not null default 0,
  max_attempts int not null default 25,
  last_error text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index jobs_priority_run_at_id_idx on @extschema@.jobs (priority, run_at, id);

alter table @extschema@.jobs enable row level security;
alter table @extschema@.job_queues enable row level security;

create function @extschema@.tg_jobs__notify_new_jobs() returns trigger language plpgsql as $$
begin
  perform pg_notify('jobs:insert', '');
  return new;
end;
$$;
create trigger _900_notify_worker after insert on @extschema@.jobs
for each statement execute function @extschema@.tg_jobs__notify_new_jobs();

create function @extschema@.get_job(worker_id text, task_identifiers text[] default null) returns @extschema@.jobs
language sql as 'select j from @extschema@.jobs as j limit 1';
create function @extschema@.add_job(identifier text, payload json default '{}') returns @extschema@.jobs
language sql as 'select j from @extschema@.jobs as j limit 1';
