-- How often a worker died while it held a job. A table of its own: the attempts of a job that is taken back are not
-- counted, and other runtimes' jobs have no place for it. Only what was taken back has a row, so it stays small.
create table @extschema@._private_crashes (
  job_id bigint primary key,
  crashes integer not null check (crashes >= 1),
  last_crashed_at timestamptz not null,
  last_worker_id text not null
);

alter table @extschema@._private_crashes enable row level security;

comment on table @extschema@._private_crashes is
$$How often a worker died while it held a job that has not ended yet. No foreign key: a job that is done is deleted
without a look here; sweep_stale_workers removes what is left over.$$;
