create or replace function @extschema@._private_job_window(
  state text,
  task_id integer,
  above_id bigint,
  below_id bigint,
  descending boolean,
  max_rows integer,
  out ids bigint[],
  out low_id bigint,
  out high_id bigint,
  out looked_at bigint,
  out complete boolean
)
language plpgsql stable
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
declare
  c_few constant integer := 20000;
  v_task_ids integer[] := array[task_id];
  v_of_one_task constant boolean := task_id is not null;
begin
  -- Few jobs in the state: an index names them all.
  if state in ('ready', 'scheduled', 'waiting') and v_of_one_task then
    ids := array(
      select a.id
      from (
        select p.id
        from @extschema@._private_jobs as p
        where p.is_available and p.job_queue_id is null and p.task_id = _private_job_window.task_id
        union all
        select q.id
        from @extschema@._private_jobs as q
        where q.is_available and q.job_queue_id is not null and q.task_id = _private_job_window.task_id
      ) as a
      limit c_few + 1
    );
  elsif state in ('ready', 'scheduled') then
    ids := array(
      select a.id
      from unnest(@extschema@._private_available_priorities(1000)) as p (priority)
      cross join lateral (
        select r.id
        from @extschema@._private_jobs as r
        where _private_job_window.state = 'ready' and r.is_available and r.priority = p.priority and r.run_at <= now()
        union all
        select s.id
        from @extschema@._private_jobs as s
        where
          _private_job_window.state = 'scheduled' and s.is_available and s.priority = p.priority and s.run_at > now()
      ) as a
      limit c_few + 1
    );
  elsif state = 'locked' then
    ids := array(select j.id from @extschema@._private_jobs as j where j.locked_at is not null limit c_few + 1);
  elsif state = 'failed' then
    if not v_of_one_task then
      v_task_ids := array(select t.id from @extschema@._private_tasks as t);
    end if;
    ids := array(
      select j.id
      from @extschema@._private_jobs as j
      where not j.is_available and j.locked_at is null and j.task_id = any(v_task_ids)
      limit c_few + 1
    );
  end if;
  if cardinality(ids) <= c_few then
    ids := array(select i.id from unnest(ids) as i (id) where i.id > above_id and i.id < below_id order by i.id);
    if descending then
      ids := array(select i.id from unnest(ids) as i (id) order by i.id desc);
    end if;
    low_id := above_id + 1;
    high_id := below_id - 1;
    looked_at := cardinality(ids);
    complete := true;
    return;
  end if;

  -- Many, or all: so many rows from one end on.
  ids := null;
  if state = 'failed' and v_of_one_task then
    if descending then
      ids := array(
        select j.id
        from @extschema@._private_jobs as j
        where
          not j.is_available
          and j.locked_at is null
          and j.task_id = _private_job_window.task_id
          and j.id > above_id
          and j.id < below_id
        order by j.task_id desc, j.id desc
        limit max_rows
      );
    else
      ids := array(
        select j.id
        from @extschema@._private_jobs as j
        where
          not j.is_available
          and j.locked_at is null
          and j.task_id = _private_job_window.task_id
          and j.id > above_id
          and j.id < below_id
        order by j.task_id, j.id
        limit max_rows
      );
    end if;
    looked_at := cardinality(ids);
    low_id := ids[looked_at];
    high_id := ids[looked_at];
  elsif descending then
    select min(w.id), count(*) into low_id, looked_at
    from (
      select j.id
      from @extschema@._private_jobs as j
      where j.id > above_id and j.id < below_id
      order by j.id desc
      limit max_rows
    ) as w;
  else
    select max(w.id), count(*) into high_id, looked_at
    from (
      select j.id
      from @extschema@._private_jobs as j
      where j.id > above_id and j.id < below_id
      order by j.id
      limit max_rows
    ) as w;
  end if;
  complete := looked_at < max_rows;
  if complete or not descending then
    low_id := above_id + 1;
  end if;
  if complete or descending then
    high_id := below_id - 1;
  end if;
end;
$$;

comment on function @extschema@._private_job_window(text, integer, bigint, bigint, boolean, integer) is
$$Internal. Where jobs in a state, between two ids, are to be looked for. Where an index names them: ids, in order;
where none does: low_id to high_id, a stretch of max_rows rows from one end. complete: nothing lies beyond.$$;
