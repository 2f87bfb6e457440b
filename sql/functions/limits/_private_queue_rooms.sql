create or replace function @extschema@._private_queue_rooms(queue_ids integer[], clock timestamptz) returns table (
  queue_id integer,
  room integer,
  is_limited boolean,
  running integer,
  tokens double precision,
  kind text,
  name text,
  queue_name text,
  rate double precision,
  per interval,
  burst integer,
  weight_by text,
  share double precision
)
language plpgsql stable rows 10
as $$
declare
  v_limited_ids integer[];
begin
  select array_agg(l.queue_id) into v_limited_ids
  from @extschema@._private_queue_limits(queue_ids => _private_queue_rooms.queue_ids) as l;
  if v_limited_ids is null then
    return query
    select
      i.id, 1, false, null::integer, null::double precision, null::text, null::text, null::text, null::double precision,
      null::interval, null::integer, null::text, null::double precision
    from unnest(queue_ids) as i (id);
    return;
  end if;
  return query
  select
    i.id,
    case
      when l.queue_id is null then 1
      else greatest(least(l.width - r.running, floor(b.tokens)::integer), 0)
    end,
    l.queue_id is not null,
    r.running,
    b.tokens,
    l.kind,
    l.name,
    l.queue_name,
    l.rate,
    l.per,
    l.burst,
    l.weight_by,
    l.share
  from unnest(queue_ids) as i (id)
  left join @extschema@._private_queue_limits(queue_ids => v_limited_ids) as l on l.queue_id = i.id
  left join @extschema@._private_queue_running(queue_ids => v_limited_ids) as r on r.queue_id = i.id
  cross join lateral (
    select case
      when l.rate is not null then @extschema@._private_tokens(
        full_at => (
          select k.full_at from @extschema@._private_buckets as k
          where k.kind = l.kind and k.name = l.name and k.queue_name = l.queue_name
        ),
        clock => _private_queue_rooms.clock, rate => l.rate, per => l.per, burst => l.burst
      )
    end as tokens
  ) as b;
end;
$$;

comment on function @extschema@._private_queue_rooms(integer[], timestamptz) is
$$Internal. For how many more jobs there is room in each of these queues at an instant by the clock of the server: 1 in
one without a limit, which has to be free. Whoever has locked their rows finds in a later statement what holds until he
commits. running, tokens and the rest: of those with a limit; tokens: for how many jobs there is room within its
rate.$$;
