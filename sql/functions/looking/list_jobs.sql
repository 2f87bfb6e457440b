create or replace function @extschema@.list_jobs(
  state text default 'all',
  task text default null,
  queue text default null,
  search text default null,
  row_limit integer default 50,
  row_offset integer default 0,
  before_id bigint default null,
  after_id bigint default null,
  max_rows integer default 50000
) returns table (
  id bigint,
  job_state text,
  task_identifier text,
  queue_name text,
  priority smallint,
  run_at timestamptz,
  attempts smallint,
  max_attempts smallint,
  key text,
  flags jsonb,
  last_error text,
  locked_at timestamptz,
  locked_by text,
  created_at timestamptz,
  updated_at timestamptz,
  revision integer
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
declare
  v_task_id integer;
  v_queue_id integer;
  v_pattern text;
  v_task_ids integer[];
  v_queue_ids integer[];
  v_window record;
  v_descending constant boolean := before_id is not null or after_id is null;
  v_above constant bigint := coalesce(after_id, -9223372036854775807);
  v_below constant bigint := coalesce(before_id, 9223372036854775807);
  v_ids bigint[];
begin
  perform @extschema@._private_check_state(state, '{all,ready,scheduled,waiting,locked,failed}');
  perform @extschema@._private_check_page(row_limit, row_offset, max_rows);
  select f.task_id, f.queue_id into v_task_id, v_queue_id
  from @extschema@._private_job_filter(task, queue) as f;
  -- The text as it stands, not a pattern of the caller's.
  v_pattern := '%' || replace(replace(replace(nullif(search, ''), E'\\', E'\\\\'), '%', E'\\%'), '_', E'\\_') || '%';


  if state = 'failed' and v_task_id is null and v_queue_id is null and v_pattern is null then
    v_ids := @extschema@._private_failed_page(v_above, v_below, v_descending, row_limit + row_offset);
  else
    if v_pattern is not null then
      v_task_ids := array(select t.id from @extschema@._private_tasks as t where t.identifier ilike v_pattern);
      v_queue_ids := array(
        select q.id
        from (select n.id, n.queue_name from @extschema@._private_job_queues as n limit max_rows) as q
        where q.queue_name ilike v_pattern
      );
    end if;
    select * into v_window
    from @extschema@._private_job_window(state, v_task_id, v_above, v_below, v_descending, max_rows);
    if v_window.ids is not null then
      v_ids := array(
        select j.id
        from unnest(v_window.ids) with ordinality as i (id, ordinal)
        inner join @extschema@._private_jobs as j on i.id = j.id
        where @extschema@._private_job_matches(j, state, v_task_id, v_queue_id, v_pattern, v_task_ids, v_queue_ids)
        order by i.ordinal
        limit row_limit + row_offset
      );
    elsif v_descending then
      v_ids := array(
        select j.id
        from @extschema@._private_jobs as j
        where
          j.id between v_window.low_id and v_window.high_id
          and @extschema@._private_job_matches(j, state, v_task_id, v_queue_id, v_pattern, v_task_ids, v_queue_ids)
        order by j.id desc
        limit row_limit + row_offset
      );
    else
      v_ids := array(
        select j.id
        from @extschema@._private_jobs as j
        where
          j.id between v_window.low_id and v_window.high_id
          and @extschema@._private_job_matches(j, state, v_task_id, v_queue_id, v_pattern, v_task_ids, v_queue_ids)
        order by j.id
        limit row_limit + row_offset
      );
    end if;
    if v_pattern is not null and before_id is null and after_id is null then
      -- Who looks for a certain id or key finds it on the first page, wherever it stands.
      v_ids := v_ids || array(
        select j.id
        from @extschema@._private_jobs as j
        where
          j.id in (
            case when search ~ '^[0-9]{1,18}$' then search::bigint end,
            (select k.id from @extschema@._private_jobs as k where k.key = search)
          )
          and j.id <> all(v_ids)
          and @extschema@._private_job_matches(j, state, v_task_id, v_queue_id, null, null, null)
      );
    end if;
  end if;

  return query
  select
    j.id,
    @extschema@._private_job_state(j.is_available, j.locked_at, j.run_at),
    (select t.identifier from @extschema@._private_tasks as t where t.id = j.task_id),
    (select q.queue_name from @extschema@._private_job_queues as q where q.id = j.job_queue_id),
    j.priority,
    j.run_at,
    j.attempts,
    j.max_attempts,
    j.key,
    j.flags,
    j.last_error,
    j.locked_at,
    j.locked_by,
    j.created_at,
    j.updated_at,
    j.revision
  from unnest(v_ids) with ordinality as i (id, ordinal)
  inner join @extschema@._private_jobs as j on i.id = j.id
  where i.ordinal > row_offset
  order by j.id desc
  limit row_limit;
end;
$$;

comment on function @extschema@.list_jobs(
  text, text, text, text, integer, integer, bigint, bigint, integer
) is
$$Jobs for people to look at, by id, the newest first.
state: all, ready, scheduled, waiting (ready or scheduled), locked or failed. task, queue: only those of this task or
queue. search: only those whose id or key is this, or whose key, task, queue, error, worker or payload contains it, in
either case.
row_limit: the size of the page. before_id: only lower ids, the next page; after_id: only those that follow this id, the
page before. row_offset skips so many, and costs as many.
Cheap at any length: where no index leads to them, it looks for jobs among max_rows rows from the end where it begins.
search_scope, with the same arguments, says how far that goes.
Errors: GWBST, GWBLM, GWUTK (unknown task), GWUQU (unknown queue).$$;
