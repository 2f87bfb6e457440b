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
