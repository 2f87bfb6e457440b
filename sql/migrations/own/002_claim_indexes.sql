-- Indexes that let a claim read what it takes, whatever else lies in the table.

-- Jobs without a queue: one entry point per task and priority, `run_at <= now` bounds the scan.
create index jobs_ready_index on @extschema@._private_jobs (task_id, priority, run_at, id)
where is_available and job_queue_id is null;

-- Jobs of named queues in claim order: the first entries name the queues to serve next.
create index jobs_queued_index on @extschema@._private_jobs (task_id, priority, run_at, id)
where is_available and job_queue_id is not null;

-- The same by queue: the head of one queue, and a way past a queue with many jobs.
create index jobs_queue_heads_index on @extschema@._private_jobs (task_id, priority, job_queue_id, run_at, id)
where is_available and job_queue_id is not null;

-- A job without a key needs no entry in the key's index, neither when it is added nor when it is claimed.
alter table @extschema@._private_jobs drop constraint _private_jobs_key_key;
create unique index jobs_key_index on @extschema@._private_jobs (key) where key is not null;
