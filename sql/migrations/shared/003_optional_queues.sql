-- Revision 3: a job without a queue has none. Until then each got one of its own, with a random name.
alter table @extschema@.jobs
alter column queue_name drop not null,
alter column queue_name drop default;
