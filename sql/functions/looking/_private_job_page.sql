create or replace function @extschema@._private_job_page(
  state text,
  task text,
  queue text,
  search text,
  row_limit integer,
  row_offset integer,
  before_id bigint,
  after_id bigint,
  max_rows integer,
  out ids bigint[],
  out looked_at bigint,
  out complete boolean,
  out next_id bigint
)
language plpgsql stable
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
  v_by_id bigint;
  v_descending constant boolean := before_id is not null or after_id is null;
  v_above constant bigint := coalesce(after_id, -9223372036854775807);
  v_below constant bigint := coalesce(before_id, 9223372036854775807);
begin
  perform @extschema@._private_check_state(state => state, states => '{all,ready,scheduled,waiting,locked,failed}');
  perform @extschema@._private_check_page(row_limit => row_limit, row_offset => row_offset, max_rows => max_rows);
  select f.task_id, f.queue_id into v_task_id, v_queue_id
  from @extschema@._private_job_filter(task => task, queue => queue) as f;
  -- The text as it stands, not a pattern of the caller's.
  v_pattern := '%' || replace(replace(replace(nullif(search, ''), E'\\', E'\\\\'), '%', E'\\%'), '_', E'\\_') || '%';

  if state = 'failed' and v_task_id is null and v_queue_id is null and v_pattern is null then
    ids := @extschema@._private_failed_page(
      above_id => v_above, below_id => v_below, descending => v_descending, max_rows => row_limit + row_offset
    );
    complete := true;
  elsif state = 'all' and v_task_id is null and v_queue_id is null and v_pattern is null then
    -- Every row is a hit: no more of them are looked at than are shown.
    if v_descending then
      ids := array(
        select j.id
        from @extschema@._private_jobs as j
        where j.id > v_above and j.id < v_below
        order by j.id desc
        limit row_limit + row_offset
      );
    else
      ids := array(
        select j.id
        from @extschema@._private_jobs as j
        where j.id > v_above and j.id < v_below
        order by j.id
        limit row_limit + row_offset
      );
    end if;
    complete := true;
  else
    if v_pattern is not null then
      v_task_ids := array(select t.id from @extschema@._private_tasks as t where t.identifier ilike v_pattern);
      v_queue_ids := array(
        select q.id
        from (select n.id, n.queue_name from @extschema@._private_job_queues as n limit max_rows) as q
        where q.queue_name ilike v_pattern
      );
    end if;
    select w.* into v_window
    from @extschema@._private_job_window(
      state => state, task_id => v_task_id, above_id => v_above, below_id => v_below, descending => v_descending,
      max_rows => max_rows
    ) as w;
    if v_window.ids is not null then
      ids := array(
        select j.id
        from unnest(v_window.ids) with ordinality as i (id, ordinal)
        inner join @extschema@._private_jobs as j on i.id = j.id
        where @extschema@._private_job_matches(
          job => j, state => state, task_id => v_task_id, queue_id => v_queue_id, pattern => v_pattern,
          task_ids => v_task_ids, queue_ids => v_queue_ids
        )
        order by i.ordinal
        limit row_limit + row_offset
      );
    elsif v_descending then
      ids := array(
        select j.id
        from @extschema@._private_jobs as j
        where
          j.id between v_window.low_id and v_window.high_id
          and @extschema@._private_job_matches(
            job => j, state => state, task_id => v_task_id, queue_id => v_queue_id, pattern => v_pattern,
            task_ids => v_task_ids, queue_ids => v_queue_ids
          )
        order by j.id desc
        limit row_limit + row_offset
      );
    else
      ids := array(
        select j.id
        from @extschema@._private_jobs as j
        where
          j.id between v_window.low_id and v_window.high_id
          and @extschema@._private_job_matches(
            job => j, state => state, task_id => v_task_id, queue_id => v_queue_id, pattern => v_pattern,
            task_ids => v_task_ids, queue_ids => v_queue_ids
          )
        order by j.id
        limit row_limit + row_offset
      );
    end if;
    if v_pattern is not null and before_id is null and after_id is null then
      -- Who looks for a certain id or key finds it on the first page, wherever it stands. First of all a job that has
      -- nothing but its id to be found by: that does not come up again.
      select j.id into v_by_id
      from @extschema@._private_jobs as j
      where
        j.id = case when search ~ '^[0-9]{1,18}$' then search::bigint end
        and @extschema@._private_job_matches(
          job => j, state => state, task_id => v_task_id, queue_id => v_queue_id, pattern => null,
          task_ids => null, queue_ids => null
        )
        and @extschema@._private_job_matches(
          job => j, state => state, task_id => v_task_id, queue_id => v_queue_id, pattern => v_pattern,
          task_ids => v_task_ids, queue_ids => v_queue_ids
        ) is not true;
      ids := array_remove(array[v_by_id], null) || ids;
      ids := ids || array(
        select j.id
        from @extschema@._private_jobs as j
        where
          j.id in (
            case when search ~ '^[0-9]{1,18}$' then search::bigint end,
            (select k.id from @extschema@._private_jobs as k where k.key = search)
          )
          and j.id <> all(ids)
          and @extschema@._private_job_matches(
            job => j, state => state, task_id => v_task_id, queue_id => v_queue_id, pattern => null,
            task_ids => null, queue_ids => null
          )
      );
    end if;
    looked_at := v_window.looked_at;
    complete := v_window.complete;
    if not complete then
      next_id := case when v_descending then v_window.low_id else v_window.high_id end;
    end if;
  end if;

  ids := ids[row_offset + 1 : row_offset + row_limit];
  -- A full page: the next one begins where it ends. A job found by its very id or key may stand beyond what was looked
  -- at, or be all there is on the page.
  if row_limit > 0 and cardinality(ids) = row_limit then
    complete := false;
    next_id := case
      -- The search for others begins with the next page.
      when ids[row_limit] = v_by_id then (select max(j.id) + 1 from @extschema@._private_jobs as j)
      when v_descending then greatest(ids[row_limit], next_id)
      else least(ids[row_limit], next_id)
    end;
  end if;
  ids := array(select i.id from unnest(ids) as i (id) order by i.id desc);
end;
$$;

comment on function @extschema@._private_job_page(
  text, text, text, text, integer, integer, bigint, bigint, integer
) is
$$Internal. What list_jobs_page shows, the ids of the jobs in the place of the jobs: the one search behind list_jobs
and list_jobs_page, which say what the arguments mean. Errors: GWBST, GWBLM, GWUTK, GWUQU.$$;
