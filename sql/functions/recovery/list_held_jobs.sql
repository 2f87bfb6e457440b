create or replace function @extschema@.list_held_jobs(
  worker_id text,
  after_id bigint default 0,
  row_limit integer default 100
) returns table (
  id bigint,
  task_identifier text,
  payload json,
  queue_name text,
  priority smallint,
  run_at timestamptz,
  attempts smallint,
  max_attempts smallint,
  created_at timestamptz,
  key text,
  flags jsonb,
  locked_at timestamptz,
  crashes integer
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
  perform @extschema@._private_check_page(row_limit => row_limit, row_offset => 0, max_rows => 1);
  return query
  select
    j.id, t.identifier, j.payload, q.queue_name, j.priority, j.run_at, j.attempts, j.max_attempts, j.created_at, j.key,
    @extschema@._private_plain_flags(flags => j.flags), j.locked_at, coalesce(c.crashes, 0)
  from @extschema@._private_jobs as j
  inner join @extschema@._private_tasks as t on t.id = j.task_id
  left join @extschema@._private_job_queues as q on q.id = j.job_queue_id
  left join @extschema@._private_crashes as c on c.job_id = j.id
  where
    j.id = any(
      array(
        select h.id
        from @extschema@._private_held_ids(worker_id => list_held_jobs.worker_id) as h (id)
        where h.id > after_id
        order by h.id
        limit row_limit
      )
    )
    and j.locked_by = list_held_jobs.worker_id
    and j.locked_at is not null
  order by j.id;
end;
$$;

comment on function @extschema@.list_held_jobs(text, bigint, integer) is
$$Lists the jobs that a worker holds, in id order, with how often each has been taken back from a dead worker before.
after_id, row_limit: a page of them. For recover_jobs. Errors: GWBLM.$$;
