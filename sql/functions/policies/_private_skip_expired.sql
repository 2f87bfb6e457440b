create or replace function @extschema@._private_skip_expired(
  starts @extschema@._private_position[],
  now timestamptz,
  out kept_starts @extschema@._private_position[],
  out task_ids integer[],
  out expiries interval[]
)
language plpgsql stable
as $$
begin
  select
    array_agg(
      row(
        e.task_id, e.queue_id,
        case when e.is_passed then _private_skip_expired.now - e.expires_after else e.run_at end,
        case when e.is_passed then 0 else e.id end
      )::@extschema@._private_position
    ),
    array_agg(e.task_id) filter (where e.is_passed),
    array_agg(e.expires_after) filter (where e.is_passed)
  into kept_starts, task_ids, expiries
  from (
    select s.*, x.expires_after, coalesce(s.run_at < _private_skip_expired.now - x.expires_after, false) as is_passed
    from unnest(starts) as s
    -- As _private_effective_policies has it, which is no part of the query that calls it.
    cross join lateral (
      select coalesce(
        (
          select o.expires_after from @extschema@._private_task_policies as o
          where o.task_identifier = t.identifier and o.origin = 'operator'
        ),
        (
          select w.expires_after from @extschema@._private_task_policies as w
          where w.task_identifier = t.identifier and w.origin = 'worker'
        )
      ) as expires_after
      from @extschema@._private_tasks as t
      where t.id = s.task_id
    ) as x
  ) as e;
end;
$$;

comment on function @extschema@._private_skip_expired(@extschema@._private_position[], timestamptz) is
$$Internal. Where the jobs without a queue begin that have not expired by the policies of their tasks, from where those
begin that are due (_private_next_priority): expired ones come first, and a claim passes over any number of them without
a look. task_ids, expiries: the tasks that have some, and how soon these expire; null for none.$$;
