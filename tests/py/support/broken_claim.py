"""A claim that is broken on purpose, for those who prove that they would find out."""

from __future__ import annotations

# The claim as other runtimes have had it: every job of the batch has a free queue, but it is the same one.
MANY_OF_ONE_QUEUE = """
    create or replace function get_jobs(
      worker_id text, task_identifiers text[] default null, max_jobs integer default 1,
      forbidden_flags text[] default null, now timestamptz default now(),
      after_priority integer default null, after_run_at timestamptz default null, after_id bigint default null,
      must_be_registered boolean default false
    ) returns table (
      id bigint, task_identifier text, payload json, queue_name text, priority smallint, run_at timestamptz,
      attempts smallint, max_attempts smallint, created_at timestamptz, key text, flags jsonb
    ) language sql as $$
      with taken as (
        select j.id, j.job_queue_id from graphile_worker._private_jobs as j
        where j.is_available and j.run_at <= coalesce($5, now()) and (
          j.job_queue_id is null
          or j.job_queue_id in (select q.id from graphile_worker._private_job_queues as q where q.is_available)
        )
        order by j.priority, j.run_at, j.id limit $3 for update skip locked
      ), queues as (
        update graphile_worker._private_job_queues as q set locked_by = $1, locked_at = coalesce($5, now())
        from taken as t where q.id = t.job_queue_id
      )
      update graphile_worker._private_jobs as j
      set attempts = j.attempts + 1, locked_by = $1, locked_at = coalesce($5, now())
      from taken as t where j.id = t.id
      returning j.id,
        (select t.identifier from graphile_worker._private_tasks as t where t.id = j.task_id), j.payload,
        (select q.queue_name from graphile_worker._private_job_queues as q where q.id = j.job_queue_id),
        j.priority, j.run_at, j.attempts, j.max_attempts, j.created_at, j.key, j.flags
    $$
"""
