create or replace function @extschema@._private_notify_cancel(job_ids bigint[]) returns void
language plpgsql volatile
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
begin
  -- A worker asks list_cancelled now and then as well.
  if current_setting('graphile_worker.notify', true) is not distinct from 'off' then
    return;
  end if;
  perform pg_notify('jobs:cancel', json_build_object('worker', c.worker_id, 'ids', json_agg(c.id))::text)
  from (
    select
      j.locked_by as worker_id, j.id,
      -- A notification holds 8000 bytes.
      (row_number() over (partition by j.locked_by order by j.id) - 1) / 250 as page
    from @extschema@._private_jobs as j
    where j.id = any(job_ids) and octet_length(to_json(j.locked_by)::text) <= 2000
  ) as c
  group by c.worker_id, c.page;
end;
$$;

comment on function @extschema@._private_notify_cancel(bigint[]) is
$$Internal. Notifies jobs:cancel with {"worker": ..., "ids": [...]} of jobs that were cancelled while they were claimed,
so that their workers stop them; not with graphile_worker.notify at off.$$;
