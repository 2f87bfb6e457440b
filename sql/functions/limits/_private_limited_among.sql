create or replace function @extschema@._private_limited_among(job_ids bigint[]) returns integer[]
language plpgsql stable
set enable_seqscan = off
as $$
begin
  return array(
    select t.id
    from (select distinct j.task_id as id from @extschema@._private_jobs as j where j.id = any(job_ids)) as d
    inner join @extschema@._private_tasks as t on t.id = d.id
    where exists (select from @extschema@._private_limits as l where l.kind = 'task' and l.name = t.identifier)
  );
end;
$$;

comment on function @extschema@._private_limited_among(bigint[]) is
$$Internal. The tasks of these jobs, of those that have a limit.$$;
