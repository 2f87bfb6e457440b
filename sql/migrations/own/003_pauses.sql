-- By name, not by id: what has no row yet, or loses it to a cleanup, can be paused all the same.
create table @extschema@._private_paused_queues (
  queue_name text primary key check (length(queue_name) between 1 and 128),
  paused_at timestamptz not null default now(),
  paused_by text not null default session_user,
  reason text
);

create table @extschema@._private_paused_tasks (
  task_identifier text primary key check (length(task_identifier) between 1 and 128),
  paused_at timestamptz not null default now(),
  paused_by text not null default session_user,
  reason text
);

alter table @extschema@._private_paused_queues enable row level security;
alter table @extschema@._private_paused_tasks enable row level security;

comment on table @extschema@._private_paused_queues is
$$Queues of which nothing is claimed, by pause_queue. Only this project's workers look at it.$$;
comment on table @extschema@._private_paused_tasks is
$$Tasks of which nothing is claimed, by pause_task. Only this project's workers look at it.$$;
