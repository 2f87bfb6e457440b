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
    || coalesce(string_agg(',' || to_json(p.key) || ':' || p.value, '' order by p.ordinal), '')
    || '}'
  )::json
  from json_each(payload) with ordinality as p (key, value, ordinal)
  where p.key <> '_cron'
$$;

comment on function @extschema@._private_crontab_payload(json, timestamptz, boolean) is
$$Internal. The payload of a job that a crontab entry makes: that of the entry, an object or null, with `_cron` before
it: {"ts": the tick in ISO 8601, UTC, milliseconds; "backfilled": boolean}. A `_cron` of its own is replaced.$$;
