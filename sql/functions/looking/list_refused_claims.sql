create or replace function @extschema@.list_refused_claims(row_limit integer default 100) returns table (
  job_id bigint,
  task_identifier text,
  queue_name text,
  refused_since timestamptz,
  last_refused_at timestamptz,
  next_try_at timestamptz,
  refusals integer,
  error text
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform @extschema@._private_check_page(row_limit => row_limit, row_offset => 0, max_rows => 1);
  return query
  select r.job_id, t.identifier, q.queue_name, r.refused_since, r.last_refused_at, r.next_try_at, r.refusals, r.error
  from @extschema@._private_refused_claims as r
  inner join @extschema@._private_jobs as j on j.id = r.job_id
  inner join @extschema@._private_tasks as t on t.id = j.task_id
  left join @extschema@._private_job_queues as q on q.id = j.job_queue_id
  order by r.refused_since, r.job_id
  limit row_limit;
end;
$$;

comment on function @extschema@.list_refused_claims(integer) is
$$Lists jobs that can't be claimed, as a trigger or constraint of somebody's refuses it, the longest refused first.
Since when, how often it was tried, with which error, and when it is tried again. The queue of such a job waits for it.
Errors: GWBLM.$$;
