-- By name, not by id, which a task loses to a cleanup: its keys have to outlive that.
create table @extschema@._private_uniques (
  task_identifier text not null check (length(task_identifier) between 1 and 128),
  unique_key text not null check (length(unique_key) between 1 and 512),
  job_id bigint,
  added_at timestamptz not null default now(),
  expires_at timestamptz not null default now(),
  look_at timestamptz not null default now(),
  primary key (task_identifier, unique_key)
);

create index _private_uniques_job_id_idx on @extschema@._private_uniques (job_id);

create index _private_uniques_look_at_idx on @extschema@._private_uniques (look_at);

alter table @extschema@._private_uniques enable row level security;

comment on table @extschema@._private_uniques is
$$The job that was added last with each unique key of a task, by add_unique_job. It outlives its job, until expires_at;
look_at: when a sweep looks next whether it can go. Without a job while the transaction is open that makes it.$$;
