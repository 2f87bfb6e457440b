create or replace function @extschema@._private_fair_queues(
  heads @extschema@._private_position[],
  max_queues integer
) returns integer[]
language plpgsql stable
as $$
declare
  v_queue_ids constant integer[] := array(select h.queue_id from unnest(heads) as h);
  v_clock constant timestamptz := clock_timestamp();
begin
  return (
    with roomy as materialized (
      select
        p.queue_id, p.place, r.is_limited, (coalesce(r.running, 0) + 1) / coalesce(r.share, 1) as turn
      from (select h.queue_id, row_number() over (order by h.run_at, h.id) as place from unnest(heads) as h) as p
      inner join @extschema@._private_queue_rooms(queue_ids => v_queue_ids, clock => v_clock) as r
        on r.queue_id = p.queue_id
      where r.room > 0
    )

    select coalesce(array_agg(f.queue_id order by f.place), '{}')
    from (
      select u.queue_id, u.place
      from (
        select r.queue_id, r.place from roomy as r where not r.is_limited
        union all
        -- Those that are limited change places among themselves.
        select t.queue_id, s.place
        from (
          select r.place, row_number() over (order by r.place) as number from roomy as r where r.is_limited
        ) as s
        inner join (
          select r.queue_id, row_number() over (order by r.turn, r.place) as number from roomy as r where r.is_limited
        ) as t on t.number = s.number
      ) as u
      order by u.place
      limit max_queues
    ) as f
  );
end;
$$;

comment on function @extschema@._private_fair_queues(@extschema@._private_position[], integer) is
$$Internal. The first max_queues of the queues of these heads that have room, in the order of their heads; but of those
with a limit the one comes first that runs the fewest jobs by its share, in place of the first of them. Locks
nothing.$$;
