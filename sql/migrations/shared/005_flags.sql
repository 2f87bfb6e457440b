-- Revision 5: keyed jobs count their updates, and jobs can carry flags by which workers refuse them.
alter table @extschema@.jobs
add column if not exists revision integer not null default 0,
add column if not exists flags jsonb;
