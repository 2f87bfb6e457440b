create or replace function @extschema@._private_changed_day(
  day date,
  minutes bigint,
  hours bigint,
  time_zone text
) returns timestamptz[]
language sql stable
as $$
  -- Of a time that the clocks show twice PostgreSQL takes the second, of one that they skip it goes on as before.
  select
    array_agg(distinct i.instant order by i.instant)
  from (
    select
      t.local,
      t.later,
      (
        -- As far from UTC as a day before.
        t.local - (t.day_before at time zone time_zone - t.day_before at time zone 'UTC')
      ) at time zone 'UTC' as earlier
    from (
      select
        m.local,
        m.local at time zone time_zone as later,
        m.local at time zone time_zone - interval '24 hours' as day_before
      from (
        select day + h.hour * interval '1 hour' + n.minute * interval '1 minute' as local
        from generate_series(0, 23) as h (hour)
        cross join generate_series(0, 59) as n (minute)
        where hours >> h.hour & 1 = 1 and minutes >> n.minute & 1 = 1
      ) as m
    ) as t
  ) as l
  cross join lateral (
    select
      l.earlier at time zone time_zone = l.local as is_earlier,
      l.later at time zone time_zone = l.local as is_there
  ) as s
  cross join lateral unnest(
    case
      -- For every hour: whenever the clocks show it.
      when hours = 16777215
        then
          case when s.is_earlier then array[l.earlier] end || case when s.is_there then array[l.later] end
      -- For certain hours: once.
      when s.is_earlier then array[l.earlier]
      else array[l.later]
    end
  ) as i (instant)
$$;

comment on function @extschema@._private_changed_day(date, bigint, bigint, text) is
$$Internal. The ticks of a local date near which clocks are changed, in order, each once; null for none. For certain
hours: at the first of two that a time comes, and for one that is skipped, at the instant that it would have been. For
every hour: whenever the clocks show one of the minutes.$$;
