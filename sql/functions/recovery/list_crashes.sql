create or replace function @extschema@.list_crashes(row_limit integer default 100) returns table (
  job_id bigint,
  task_identifier text,
  crashes integer,
  last_crashed_at timestamptz,
  last_worker_id text
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform @extschema@._private_check_page(row_limit => row_limit, row_offset => 0, max_rows => 1);
  return query
  select c.job_id, t.identifier, c.crashes, c.last_crashed_at, c.last_worker_id
  from @extschema@._private_crashes as c
  inner join @extschema@._private_jobs as j on j.id = c.job_id
  inner join @extschema@._private_tasks as t on t.id = j.task_id
  order by c.crashes desc, c.last_crashed_at desc, c.job_id
  limit row_limit;
end;
$$;

comment on function @extschema@.list_crashes(integer) is
$$Lists jobs that have been taken back from dead workers and are not done, those it happened to most often first. One of
them may be what kills the workers. Those that were given up are among the failed, their last_error says it. Errors:
GWBLM.$$;
