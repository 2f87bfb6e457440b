-- The functions that a release installed, with the types of their arguments: those that a later one does not have are
-- dropped by it, and nobody's own are.
alter table @extschema@._private_bundle add column functions text[] not null default '{}';
