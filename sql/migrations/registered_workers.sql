-- Who sends heartbeats, of whichever release or runtime, and has not been silent for so long that it is taken for dead.
select
  w.id,
  w.last_heartbeat_at,
  m.about ->> 'version' as version,
  m.about ->> 'host' as host,
  m.about ->> 'pid' as pid
from @extschema@._private_workers as w
cross join lateral (select coalesce(nullif(to_jsonb(w) -> 'metadata', 'null'), '{}') as about) as m
where
  not coalesce(m.about @> '{"swept": true}', false)
  and w.last_heartbeat_at > clock_timestamp() - greatest(
    interval '5 minutes',
    case
      when jsonb_typeof(m.about -> 'heartbeat_interval') = 'number'
        then 3 * (m.about ->> 'heartbeat_interval')::double precision * interval '1 second'
    end
  )
order by w.last_heartbeat_at, w.id
