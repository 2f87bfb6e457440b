create or replace function @extschema@._private_retry_policies(job_ids bigint[]) returns jsonb
language plpgsql stable
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
begin
  return (
    select jsonb_object_agg(t.id, p.retry)
    from @extschema@._private_tasks as t
    inner join @extschema@._private_effective_policies(
      array(
        select i.identifier
        from @extschema@._private_tasks as i
        where
          i.id = any(array(select distinct j.task_id from @extschema@._private_jobs as j where j.id = any(job_ids)))
      )
    ) as p on p.task_identifier = t.identifier
    where p.retry is not null
  );
end;
$$;

comment on function @extschema@._private_retry_policies(bigint[]) is
$$Internal. The retries of the policies of these jobs' tasks, by task_id; null when there are none. To be called only
while the room is in use.$$;
