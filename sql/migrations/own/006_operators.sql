-- What no claim ever looks at has no index; these are for those who look after the queue, however long it is.

-- Jobs that are out of attempts: to count, list, retry and remove them. Written to when a job fails for good, only.
create index jobs_failed_index on @extschema@._private_jobs (task_id, id)
where not is_available and locked_at is null;

-- Jobs that somebody holds: who holds what, whose locks are to be released. An entry per claim.
create index jobs_locked_index on @extschema@._private_jobs (locked_by, id)
where locked_at is not null;
