create or replace function @extschema@._private_crontab_payload(
  payload json,
  tick timestamptz,
  backfilled boolean
) returns json
language sql stable
as $$
  -- Put together as text, so that everything in the payload stays as it was written.
  select (
    '{"_cron":{"ts":"' || to_char(tick at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
    || '","backfilled":' || backfilled || '}'
    || coalesce(
      replace(string_agg(',' || to_json(p.key) || ':' || p.value, '' order by p.ordinal), min(p.mark), E'\\u'), ''
    )
    || '}'
  )::json
  from (
    select e.key, e.value, e.ordinal, h.mark
    from @extschema@._private_hide_escapes(document => payload) as h
    cross join lateral json_each(h.hidden) with ordinality as e (key, value, ordinal)
    where e.key <> '_cron'
  ) as p
$$;

comment on function @extschema@._private_crontab_payload(json, timestamptz, boolean) is
$$Internal. The payload of a job that a crontab entry makes: that of the entry, an object or null, with `_cron` before
it: {"ts": the tick in ISO 8601, UTC, milliseconds; "backfilled": boolean}. A `_cron` of its own is replaced.$$;
