create or replace function @extschema@._private_fit_limits(
  limited_task_ids integer[],
  ctids tid[],
  max_limited integer,
  out kept_ctids tid[],
  out closed_task_ids integer[],
  out left_queue_ids integer[],
  out again_at timestamptz
)
language plpgsql volatile
as $$
declare
  v_clock constant timestamptz := clock_timestamp();
  v_left_ctids tid[];
begin
  select
    array_agg(f.ctid) filter (where not f.is_kept),
    array_agg(distinct f.task_id) filter (where not f.is_kept),
    array_agg(f.job_queue_id) filter (where not f.is_kept and f.job_queue_id is not null),
    min(v_clock + make_interval(secs => (f.used - f.tokens) / f.rate * extract(epoch from f.per)::double precision))
      filter (where f.used > f.tokens)
  into v_left_ctids, closed_task_ids, left_queue_ids, again_at
  from (
    select
      w.*,
      coalesce(w.number <= max_limited, true) and coalesce(w.used <= w.tokens + 1e-9, true) as is_kept
    from (
      select
        j.ctid, j.task_id, j.job_queue_id, r.tokens, r.rate, r.per,
        row_number() over (order by j.priority, j.run_at, j.id) as number,
        sum(@extschema@._private_weight(payload => j.payload, weight_by => r.weight_by, burst => r.burst))
          over (partition by j.task_id order by j.priority, j.run_at, j.id) as used
      from @extschema@._private_jobs as j
      inner join @extschema@._private_task_rooms(
        task_ids => _private_fit_limits.limited_task_ids, clock => v_clock
      ) as r on r.task_id = j.task_id
      where j.ctid = any(ctids)
    ) as w
  ) as f;
  kept_ctids := case
    when v_left_ctids is null then ctids
    else array(select c.ctid from unnest(ctids) as c (ctid) where c.ctid <> all(v_left_ctids))
  end;
end;
$$;

comment on function @extschema@._private_fit_limits(integer[], tid[], integer) is
$$Internal. Of the positions of jobs that the caller has locked to claim them, with their limits, those that may be: of
limited tasks at most max_limited (null for no bound), and of each only what its rate leaves room for, by the weights of
the jobs in claim order. closed_task_ids: the tasks of which something was left out; null for none. left_queue_ids:
the queues of that, null for none. again_at: when there is room within the rate for the first of them.$$;
