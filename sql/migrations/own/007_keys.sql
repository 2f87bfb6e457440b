-- A job without a key needs no entry in the key's index, neither when it is added nor when it is claimed.
--
-- Functions of another runtime say `on conflict (key)`, which needs the constraint. So it goes after them, and not in
-- one transaction with them: a call that waits for that to end goes on with the function it began with. Nor does the
-- index come before: of two that are unique `on conflict (key)` means one, and can fail because of the other.
alter table @extschema@._private_jobs drop constraint _private_jobs_key_key;
create unique index jobs_key_index on @extschema@._private_jobs (key) where key is not null;
