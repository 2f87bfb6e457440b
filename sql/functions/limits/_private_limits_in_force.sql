create or replace function @extschema@._private_limits_in_force() returns table (
  kind text,
  name text,
  max_running integer,
  rate double precision,
  per interval,
  burst integer,
  weight_by text,
  share double precision,
  is_ended boolean,
  from_operator text[],
  set_at timestamptz,
  set_by text,
  reason text
)
-- In a from clause it becomes a part of the query that calls it, with its conditions on kind and name.
language sql stable
as $$
  select
    l.kind,
    l.name,
    case
      -- Those that run are more than one, it may be, and count until they have ended.
      when l.kind <> 'task' and (l.is_unlimited or l.origin = 'ended') then 1
      when not l.is_unlimited then coalesce(l.max_running, w.max_running)
    end,
    r.rate,
    case when r.rate is not null then coalesce(r.per, interval '1 minute') end,
    coalesce(r.burst, case when r.rate is not null then greatest(ceil(r.rate), 1)::integer end),
    case when not l.is_unlimited then coalesce(l.weight_by, w.weight_by) end,
    case when not l.is_unlimited then coalesce(l.share, w.share) end,
    l.origin = 'ended',
    case
      when l.origin <> 'operator' then '{}'
      when l.is_unlimited then '{unlimited}'
      else array_remove(
        array[
          case when l.max_running is not null then 'max_running' end,
          case when l.rate is not null then 'rate' end,
          case when l.weight_by is not null then 'weight_by' end,
          case when l.share is not null then 'share' end
        ],
        null
      )
    end,
    l.set_at,
    l.set_by,
    l.reason
  from @extschema@._private_limits as l
  left join @extschema@._private_limits as w
    on w.kind = l.kind and w.name = l.name and w.origin = 'worker' and l.origin = 'operator'
  cross join lateral (
    select
      case when not l.is_unlimited then coalesce(l.rate, w.rate) end as rate,
      case when l.rate is null then w.per else l.per end as per,
      case when l.is_unlimited then null when l.rate is null then w.burst else l.burst end as burst
  ) as r
  where
    l.origin = 'operator'
    or not exists (
      select
      from @extschema@._private_limits as b
      where
        b.kind = l.kind and b.name = l.name
        and (b.origin = 'operator' or b.origin = 'worker' and l.origin = 'ended')
    )
$$;

comment on function @extschema@._private_limits_in_force() is
$$Internal. The limits that hold, one row per name: of each value the operator's, else the workers'; a rate comes with
its interval and burst from one of them. from_operator: which of them an operator has set. is_ended: a limit of queues
that was taken back, whose queues may still run more than one job.$$;
