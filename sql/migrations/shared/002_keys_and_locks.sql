-- Revision 2: a job can have a key, and is locked by itself, not by its queue alone.
alter table @extschema@.jobs
add column if not exists key text unique check (length(key) > 0),
add column if not exists locked_at timestamptz,
add column if not exists locked_by text;
