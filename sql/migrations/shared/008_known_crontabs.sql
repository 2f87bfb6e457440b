-- Revision 8: when a recurring task was first seen, and last scheduled.
create table if not exists @extschema@.known_crontabs (
  identifier text primary key,
  known_since timestamptz not null,
  last_execution timestamptz
);

alter table @extschema@.known_crontabs enable row level security;
