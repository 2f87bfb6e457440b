create or replace function @extschema@._private_cron_list(mask bigint, names text[] default null) returns text
language sql immutable
as $$
  select @extschema@._private_enumerate(
    items => array_agg(
      case
        -- Three or more that follow each other are told by their ends.
        when r.last - r.first > 1
          then coalesce(names[r.first], r.first::text) || ' to ' || coalesce(names[r.last], r.last::text)
        else coalesce(names[n.value], n.value::text)
      end
      order by n.value
    )
  )
  from (
    select min(v.value) as first, max(v.value) as last
    from (
      -- In a run the distance between value and place stays the same.
      select b.value, b.value - row_number() over (order by b.value) as distance
      from generate_series(0, 62) as b (value)
      where mask >> b.value & 1 = 1
    ) as v
    group by v.distance
  ) as r
  cross join generate_series(r.first, case when r.last - r.first > 1 then r.first else r.last end) as n (value)
$$;

comment on function @extschema@._private_cron_list(bigint, text[]) is
$$Internal. The values of a mask in words, "0, 3 to 5 and 7"; names: what each is called, from 1.$$;
