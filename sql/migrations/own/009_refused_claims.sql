-- Jobs that something, a trigger of somebody's perhaps, does not let be claimed. A table of its own, since their rows
-- may not let themselves be changed at all; and as long as it is empty nobody looks further.
create table @extschema@._private_refused_claims (
  job_id bigint primary key,
  refused_since timestamptz not null,
  last_refused_at timestamptz not null,
  next_try_at timestamptz not null,
  refusals integer not null check (refusals >= 1),
  error text not null
);

alter table @extschema@._private_refused_claims enable row level security;

comment on table @extschema@._private_refused_claims is
$$Jobs whose claim was refused, which are left alone until next_try_at. No foreign key: a job that is done or removed is
deleted without a look here; a later claim removes what is left over.$$;
