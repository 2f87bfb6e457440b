-- This project's own ledger, beside the shared one: a number above 20 in `migrations` would make
-- every other runtime skip a revision of its own.
create table @extschema@._private_migrations (
  id integer primary key,
  name text not null,
  applied_at timestamptz not null default now(),
  breaking boolean not null default false
);

-- What `migrate` last installed on top of the tables: the checksum of the sources and the fingerprint
-- of what the catalog then held, so that functions replaced by another runtime are noticed.
create table @extschema@._private_bundle (
  singleton boolean primary key default true check (singleton),
  version text not null,
  checksum text not null,
  fingerprint text not null,
  installed_at timestamptz not null default now()
);

alter table @extschema@._private_migrations enable row level security;
alter table @extschema@._private_bundle enable row level security;
