create or replace function @extschema@._private_cron_list(mask bigint, names text[] default null) returns text
language sql immutable
as $$
  -- Runs of three or more are told by their ends; consecutive values keep their distance to their place.
  select coalesce(nullif(array_to_string((array_agg(r.told order by r.first))[:count(*)::integer - 1], ', '), '') || ' and ', '')
    || (array_agg(r.told order by r.first))[count(*)::integer]
  from (
    select p.first, p.told
    from (
      select
        min(v.value) as first, max(v.value) as last
      from (
        select b.value, b.value - row_number() over (order by b.value) as distance
        from generate_series(0, 62) as b (value)
        where mask >> b.value & 1 = 1
      ) as v
      group by v.distance
    ) as g
    cross join lateral (
      select
        e.value as first,
        case
          when g.last - g.first > 1
            then coalesce(names[g.first], g.first::text) || ' to ' || coalesce(names[g.last], g.last::text)
          else coalesce(names[e.value], e.value::text)
        end as told
      from (values (g.first), (g.last)) as e (value)
      where e.value = g.first or g.last - g.first = 1
      group by e.value
    ) as p
  ) as r
$$;

comment on function @extschema@._private_cron_list(bigint, text[]) is
$$Internal. The values of a mask in words, "0, 3 to 5 and 7"; names: what each is called, from 1.$$;
