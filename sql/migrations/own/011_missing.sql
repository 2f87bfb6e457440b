-- Workers whose connection has ended, and for how long nobody saw them come back. Unlogged: after a crash of the
-- server, or on a replica that takes over, all are missing until they are back, and what was seen before says nothing.
create unlogged table @extschema@._private_missing_workers (
  worker_id text primary key,
  last_heartbeat_at timestamptz not null,
  missing_for interval not null,
  seen_at timestamptz not null,
  server_started_at timestamptz not null
);

alter table @extschema@._private_missing_workers enable row level security;

comment on table @extschema@._private_missing_workers is
$$Workers that were missing at the last look of watch_workers, and for how long without a gap; empty as long as nobody
is.$$;
