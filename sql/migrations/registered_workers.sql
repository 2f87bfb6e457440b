-- Who sends heartbeats, of whichever release or runtime, and has not been silent for so long that it is taken for dead.
with workers as (
  select
    w.id,
    w.last_heartbeat_at,
    -- Not every runtime says something about itself, nor has everybody's table the column.
    coalesce(nullif(to_jsonb(w) -> 'metadata', 'null'), '{}') as about
  from @extschema@._private_workers as w
)

select
  w.id,
  -- Other runtimes count their releases in their own way, and don't say that they hold a lock, or not.
  case when w.about ? 'session_lock' then w.about ->> 'version' end as version,
  w.about ->> 'host' as host,
  w.about ->> 'pid' as pid
from workers as w
where
  not w.about @> '{"swept": true}'
  and w.last_heartbeat_at > clock_timestamp() - greatest(
    interval '5 minutes',
    case
      when jsonb_typeof(w.about -> 'heartbeat_interval') = 'number'
        then 3 * (w.about ->> 'heartbeat_interval')::double precision * interval '1 second'
    end
  )
order by w.last_heartbeat_at, w.id
