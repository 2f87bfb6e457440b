-- Revision 11: tasks and queues become rows with integer ids, and jobs refer to them. Jobs move into a new table.

-- The functions of before work on what ceases to exist, and several return its rows.
do $$
declare
  v_trigger record;
  v_function regprocedure;
begin
  for v_trigger in
    select t.tgname, t.tgrelid::regclass as relation, p.pronamespace = '@extschema@'::regnamespace as known
    from pg_trigger as t
    inner join pg_proc as p on t.tgfoid = p.oid
    where t.tgrelid in ('@extschema@.jobs'::regclass, '@extschema@.job_queues'::regclass) and not t.tgisinternal
  loop
    if not v_trigger.known then
      raise warning 'the trigger % on % goes with the table: it has to be made anew, for the new one',
        v_trigger.tgname, v_trigger.relation;
    end if;
    execute format('drop trigger %I on %s', v_trigger.tgname, v_trigger.relation);
  end loop;
  for v_function in
    select p.oid::regprocedure
    from pg_proc as p
    where
      p.pronamespace = '@extschema@'::regnamespace
      and p.proname = any(array[
        'add_job', 'complete_job', 'complete_jobs', 'fail_job', 'get_job', 'permanently_fail_jobs', 'remove_job',
        'reschedule_jobs', 'jobs__decrease_job_queue_count', 'jobs__increase_job_queue_count', 'tg__update_timestamp',
        'tg_jobs__notify_new_jobs'
      ])
  loop
    execute format('drop function %s', v_function);
  end loop;
end;
$$;

alter table @extschema@.jobs rename to _private_jobs_before_11;
alter table @extschema@.job_queues rename to _private_job_queues_before_11;

create table @extschema@.tasks (
  id integer generated always as identity primary key,
  identifier text not null unique check (length(identifier) <= 128)
);

create table @extschema@.job_queues (
  id integer generated always as identity primary key,
  queue_name text not null unique check (length(queue_name) <= 128),
  locked_at timestamptz,
  locked_by text,
  is_available boolean generated always as (locked_at is null) stored not null
);

create table @extschema@.jobs (
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

alter table @extschema@.tasks enable row level security;
alter table @extschema@.job_queues enable row level security;
alter table @extschema@.jobs enable row level security;

insert into @extschema@.tasks (identifier)
select j.task_identifier
from @extschema@._private_jobs_before_11 as j
group by j.task_identifier
order by min(j.id);

-- The counts of jobs by which rows came and went were kept by triggers; a job whose queue has no row gets it back.
insert into @extschema@.job_queues (queue_name, locked_at, locked_by)
select
  n.queue_name,
  q.locked_at,
  q.locked_by
from (
  select j.queue_name
  from @extschema@._private_jobs_before_11 as j
  where j.queue_name is not null
  union
  select o.queue_name
  from @extschema@._private_job_queues_before_11 as o
) as n
left join @extschema@._private_job_queues_before_11 as q on n.queue_name = q.queue_name
order by n.queue_name;

-- Numbers that do not fit the smaller types become the nearest that do. What could be tried again still can be, and
-- what had failed for good has.
do $$
declare
  v_jobs text;
begin
  select string_agg(c.id::text, ', ' order by c.id) into v_jobs
  from (
    select j.id
    from @extschema@._private_jobs_before_11 as j
    where
      j.priority not between -32768 and 32767
      or j.attempts not between 0 and 32767
      or j.max_attempts not between 1 and 32767
    order by j.id
    limit 20
  ) as c;
  if v_jobs is not null then
    raise warning 'jobs with a priority, attempts or max_attempts out of the new bounds get the nearest value: %', v_jobs;
  end if;
end;
$$;

insert into @extschema@.jobs (
  id, job_queue_id, task_id, payload, priority, run_at, attempts, max_attempts, last_error, created_at, updated_at, key,
  locked_at, locked_by, revision, flags
)
overriding system value
select
  j.id,
  q.id as job_queue_id,
  t.id as task_id,
  j.payload,
  greatest(least(j.priority, 32767), -32768) as priority,
  j.run_at,
  case
    when j.attempts < j.max_attempts then greatest(least(j.attempts, 32766), 0)
    else greatest(least(j.attempts, 32767), least(greatest(j.max_attempts, 1), 32767))
  end as attempts,
  greatest(least(j.max_attempts, 32767), 1) as max_attempts,
  j.last_error,
  j.created_at,
  j.updated_at,
  j.key,
  j.locked_at,
  j.locked_by,
  j.revision,
  j.flags
from @extschema@._private_jobs_before_11 as j
inner join @extschema@.tasks as t on j.task_identifier = t.identifier
left join @extschema@.job_queues as q on j.queue_name = q.queue_name
order by j.id;

-- No id is used twice, those of jobs that are done included.
select
  setval(
    pg_get_serial_sequence('@extschema@.jobs', 'id'),
    greatest(
      nextval(pg_get_serial_sequence('@extschema@._private_jobs_before_11', 'id')),
      (select coalesce(max(j.id), 0) + 1 from @extschema@.jobs as j)
    ),
    false
  ) as next_job_id;

drop table @extschema@._private_jobs_before_11;
drop table @extschema@._private_job_queues_before_11;
