create or replace function @extschema@._private_held_ids(worker_id text) returns setof bigint
language sql stable rows 100
-- Not a scan of the primary key until enough of them are found, whatever the statistics say.
set enable_seqscan = off
set jit = off
as $$
  select j.id
  from @extschema@._private_jobs as j
  where
    j.task_id = any(array(select t.id from @extschema@._private_tasks as t))
    and j.locked_by = worker_id
    and j.locked_at is not null
$$;

comment on function @extschema@._private_held_ids(text) is
$$Internal. The jobs that this worker holds, in no order. Reads the entries of an index for all jobs that are held.$$;
