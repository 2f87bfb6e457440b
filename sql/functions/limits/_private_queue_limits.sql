create or replace function @extschema@._private_queue_limits(queue_ids integer[]) returns table (
  queue_id integer,
  queue_name text,
  kind text,
  name text,
  width integer,
  rate double precision,
  per interval,
  burst integer,
  weight_by text,
  share double precision
)
language sql stable
as $$
  select
    q.id, q.queue_name, f.kind, f.name, coalesce(f.max_running, 1), f.rate, f.per, f.burst, f.weight_by,
    coalesce(f.share, 1)
  from unnest(queue_ids) as i (id)
  inner join @extschema@._private_job_queues as q on q.id = i.id
  cross join lateral (
    (
      select e.*
      from @extschema@._private_limits_in_force() as e
      where e.kind = 'queue' and e.name = q.queue_name and not e.is_ended
      limit 1
    )
    union all
    (
      select p.*
      from @extschema@._private_limits_in_force() as p
      where p.kind = 'pattern' and starts_with(q.queue_name, p.name) and not p.is_ended
      order by length(p.name) desc
      limit 1
    )
    union all
    (
      select x.*
      from @extschema@._private_limits_in_force() as x
      where
        x.is_ended
        and (x.kind = 'queue' and x.name = q.queue_name or x.kind = 'pattern' and starts_with(q.queue_name, x.name))
      limit 1
    )
    limit 1
  ) as f
$$;

comment on function @extschema@._private_queue_limits(integer[]) is
$$Internal. The one limit that holds for each of these queues, of those that have one: that of its name, else of the
longest pattern. A limit that was taken back is one of width 1: as many as run count, until they have ended.$$;
