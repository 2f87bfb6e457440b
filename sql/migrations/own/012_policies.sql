-- By name, not by id: what has no row yet, or loses it to a cleanup, can have a policy all the same.
create table @extschema@._private_task_policies (
  task_identifier text not null check (length(task_identifier) between 1 and 128),
  origin text not null check (origin in ('worker', 'operator')),
  timeout interval,
  retry jsonb,
  max_attempts integer,
  priority integer,
  expires_after interval,
  bad_payload text,
  set_at timestamptz not null default now(),
  set_by text not null default session_user,
  reason text,
  primary key (task_identifier, origin)
);

alter table @extschema@._private_task_policies enable row level security;

comment on table @extschema@._private_task_policies is
$$What tasks want: as workers published it, and as operators set it. Column by column an operator's value comes before a
worker's. A column that is null in both leaves things as they are without a policy.$$;
