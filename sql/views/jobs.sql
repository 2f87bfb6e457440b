create or replace view @extschema@.jobs as
select
  j.id,
  q.queue_name,
  t.identifier as task_identifier,
  j.priority,
  j.run_at,
  j.attempts,
  j.max_attempts,
  j.last_error,
  j.created_at,
  j.updated_at,
  j.key,
  j.locked_at,
  j.locked_by,
  j.revision,
  -- Without marks, as _private_plain_flags has it, which whoever may read this need not be allowed to call.
  case
    when j.flags::text like E'%"graphile\\_worker:%'
      then
        nullif(
          j.flags - array(
            select f.flag
            from jsonb_object_keys(j.flags) as f (flag)
            where starts_with(f.flag, 'graphile_worker:')
          ),
          '{}'
        )
    else j.flags
  end as flags
from @extschema@._private_jobs as j
inner join @extschema@._private_tasks as t on j.task_id = t.id
left join @extschema@._private_job_queues as q on j.job_queue_id = q.id;

comment on view @extschema@.jobs is
$$Every job, without its payload. Stable: applications may read it. Its columns only ever grow at the end.$$;
