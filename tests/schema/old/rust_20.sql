-- Stand-in: see README.md.
insert into @extschema@.migrations (id, breaking) values (19, false), (20, false);

create table @extschema@._private_workers (
  id text primary key,
  last_heartbeat_at timestamptz not null,
  started_at timestamptz not null default now(),
  metadata jsonb
);
create index idx_workers_last_heartbeat_at on @extschema@._private_workers (last_heartbeat_at);
alter table @extschema@._private_workers enable row level security;

create function @extschema@.worker_heartbeat(worker_id text, metadata json default null) returns void
language sql as 'select';
create function @extschema@.worker_deregister(worker_id text) returns void language sql as 'select';
create function @extschema@.list_stale_workers(stale_threshold interval) returns table (worker_id text)
language sql as 'select null::text where false';
