"""A claim that is broken on purpose, for those who prove that they would find out."""

from __future__ import annotations

# The claim as other runtimes have had it: every job of the batch has a free queue, but it is the same one.
MANY_OF_ONE_QUEUE = """
    create or replace function graphile_worker._private_claim(
      worker_id text, task_identifiers text[], max_jobs integer, forbidden_flags text[], now timestamptz,
      after_priority integer, after_run_at timestamptz, after_id bigint, must_be_registered boolean,
      only_queues text[] default null, not_queues text[] default null, max_per_task integer[] default null,
      max_limited integer default null,
      out task_ids integer[], out task_names text[], out ctids tid[], out claimed_ids bigint[], out queue_ids integer[],
      out again_at timestamptz, out is_held_back boolean, out is_capped boolean
    ) language plpgsql as $$
    begin
      select array_agg(t.id), array_agg(t.identifier) into task_ids, task_names
      from graphile_worker._private_tasks as t;
      with taken as (
        select j.ctid, j.job_queue_id from graphile_worker._private_jobs as j
        where j.is_available and j.run_at <= $5 and (
          j.job_queue_id is null
          or j.job_queue_id in (select q.id from graphile_worker._private_job_queues as q where q.is_available)
        )
        order by j.priority, j.run_at, j.id limit $3 for update skip locked
      ), queues as (
        update graphile_worker._private_job_queues as q set locked_by = $1, locked_at = $5
        from taken as t where q.id = t.job_queue_id
      )
      select array_agg(t.ctid) into ctids from taken as t;
    end $$
"""
