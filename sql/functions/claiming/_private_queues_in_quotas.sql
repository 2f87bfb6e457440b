create or replace function @extschema@._private_queues_in_quotas(
  heads @extschema@._private_position[],
  task_ids integer[],
  quotas integer[],
  priority smallint,
  plain_starts @extschema@._private_position[],
  forbidden_flags text[],
  now timestamptz,
  max_jobs integer
) returns integer[]
language sql stable
as $$
  select coalesce(array_agg(m.queue_id) filter (where m.queue_id is not null), '{}')
  from (
    select n.queue_id
    from (
      select
        c.queue_id, c.run_at, c.id, q.quota,
        row_number() over (partition by q.task_id order by c.run_at, c.id) as number
      from unnest(task_ids, quotas) as q (task_id, quota)
      cross join lateral (
        select h.queue_id, h.run_at, h.id
        from unnest(heads) as h
        where h.task_id = q.task_id
        union all
        select null, p.run_at, p.id
        from unnest(plain_starts) as s
        cross join lateral (
          select j.run_at, j.id
          from @extschema@._private_jobs as j
          where
            j.is_available
            and j.job_queue_id is null
            and j.task_id = s.task_id
            and j.priority = _private_queues_in_quotas.priority
            and (j.run_at, j.id) >= (s.run_at, s.id)
            and j.run_at <= _private_queues_in_quotas.now
            and @extschema@._private_is_allowed(
              flags => j.flags, forbidden_flags => _private_queues_in_quotas.forbidden_flags
            )
          order by j.task_id, j.priority, j.run_at, j.id
          limit least(max_jobs, q.quota)
        ) as p
        where s.task_id = q.task_id
      ) as c
    ) as n
    where n.quota is null or n.number <= n.quota
    order by n.run_at, n.id
    limit max_jobs
  ) as m
$$;

comment on function @extschema@._private_queues_in_quotas(
  @extschema@._private_position[], integer[], integer[], smallint, @extschema@._private_position[], text[],
  timestamptz, integer
) is
$$Internal. Of the queues of heads those whose turn comes before max_jobs are full, with jobs without a queue beside
them: no more of each task, of both kinds together, than its quota, null for no bound. plain_starts: where those without
a queue begin, per task. Locks nothing.$$;
