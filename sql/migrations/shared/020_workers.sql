-- Revision 20, as one of its two authors has it: which workers are alive. Supplied wherever it is missing.
create table if not exists @extschema@._private_workers (
  id text primary key,
  last_heartbeat_at timestamptz not null,
  started_at timestamptz not null default now(),
  metadata jsonb
);

create index if not exists workers_last_heartbeat_at_index on @extschema@._private_workers (last_heartbeat_at);

alter table @extschema@._private_workers enable row level security;
