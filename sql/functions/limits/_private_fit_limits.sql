create or replace function @extschema@._private_fit_limits(
  limited_task_ids integer[],
  weighed_task_ids integer[],
  limits_queues boolean,
  ctids tid[],
  max_limited integer,
  out kept_ctids tid[],
  out limited_count integer,
  out closed_task_ids integer[],
  out left_queue_ids integer[],
  out again_at timestamptz,
  out is_capped boolean
)
language plpgsql volatile
as $$
declare
  v_clock constant timestamptz := clock_timestamp();
  v_queue_ids integer[];
  v_limited_queue_ids integer[];
  v_left_ctids tid[];
begin
  if limits_queues then
    v_queue_ids := array(
      select distinct j.job_queue_id from @extschema@._private_jobs as j
      where j.ctid = any(ctids) and j.job_queue_id is not null
    );
    v_limited_queue_ids := array(
      select l.queue_id from @extschema@._private_queue_limits(queue_ids => v_queue_ids) as l
    );
  end if;
  select
    array_agg(f.ctid) filter (where not f.is_kept),
    count(*) filter (where f.is_kept and f.is_limited),
    array_agg(distinct f.task_id) filter (where not f.is_kept and f.is_task),
    array_agg(distinct f.job_queue_id) filter (where not f.is_kept and f.job_queue_id is not null),
    -- Of many jobs it may be later than any instant there is.
    v_clock + min(
      make_interval(secs => least((f.used - f.tokens) / f.rate * extract(epoch from f.per)::double precision, 1e10))
    ) filter (where f.used > f.tokens),
    coalesce(bool_or(greatest(f.place, f.number) > max_limited) filter (where not f.is_kept), false)
  into v_left_ctids, limited_count, closed_task_ids, left_queue_ids, again_at, is_capped
  from (
    select
      w.*,
      not w.is_limited
      or (
        -- Behind so many others it would not start.
        coalesce(w.place <= max_limited, true)
        and (not w.is_task or (coalesce(w.number <= max_limited, true) and coalesce(w.used <= w.tokens + 1e-9, true)))
      ) as is_kept
    from (
      select
        j.ctid, j.task_id, j.job_queue_id, r.tokens, r.rate, r.per, i.is_task, i.is_limited,
        row_number() over (order by j.priority, j.run_at, j.id) as place,
        -- Those in limited queues, of which there are not more by now, come first.
        row_number() over (partition by i.is_limited order by i.is_task, j.priority, j.run_at, j.id) as number,
        sum(@extschema@._private_weight(payload => j.payload, weight_by => r.weight_by, burst => r.burst))
          over (partition by j.task_id order by j.priority, j.run_at, j.id) as used
      from @extschema@._private_jobs as j
      left join @extschema@._private_task_rooms(
        task_ids => _private_fit_limits.weighed_task_ids, clock => v_clock
      ) as r on r.task_id = j.task_id
      cross join lateral (
        select
          coalesce(j.task_id = any(limited_task_ids), false) as is_task,
          coalesce(j.task_id = any(limited_task_ids), false)
          or coalesce(j.job_queue_id = any(v_limited_queue_ids), false) as is_limited
      ) as i
      where j.ctid = any(ctids)
    ) as w
  ) as f;
  is_capped := is_capped or (max_limited is not null and limited_count >= greatest(max_limited, 1));
  if v_left_ctids is null then
    kept_ctids := ctids;
    return;
  end if;
  kept_ctids := array(select c.ctid from unnest(ctids) as c (ctid) where c.ctid <> all(v_left_ctids));
  -- Of a wide queue others may be kept.
  left_queue_ids := array(
    select q.id
    from unnest(left_queue_ids) as q (id)
    where not exists (
      select from @extschema@._private_jobs as j where j.ctid = any(kept_ctids) and j.job_queue_id = q.id
    )
  );
end;
$$;

comment on function @extschema@._private_fit_limits(integer[], integer[], boolean, tid[], integer) is
$$Internal. Of the positions of jobs that the caller has locked to claim them, with their limits, those that may be: of
limited tasks, and limited queues where limits_queues says that there are any, at most max_limited together (null for no
bound), and only what is among the first so many of all, and of each of
weighed_task_ids only what its rate leaves room for, by the weights of the jobs in claim order. limited_count:
how many of these are limited. closed_task_ids: the limited tasks of which something was left out; null for none.
left_queue_ids: the queues of that in which nothing is kept. again_at: when there is room within the rate
for the first of them. is_capped: whether there may be more but for max_limited.$$;
