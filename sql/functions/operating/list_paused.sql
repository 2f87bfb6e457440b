create or replace function @extschema@.list_paused() returns table (
  kind text,
  name text,
  paused_at timestamptz,
  paused_by text,
  reason text,
  until timestamptz
)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select 'queue', q.queue_name, q.paused_at, q.paused_by, q.reason, q.until
  from @extschema@._private_paused_queues as q
  where (q.until > now()) is not false
  union all
  select 'task', t.task_identifier, t.paused_at, t.paused_by, t.reason, t.until
  from @extschema@._private_paused_tasks as t
  where (t.until > now()) is not false
  union all
  select 'schedule', s.identifier, s.paused_at, s.paused_by, s.reason, s.paused_until
  from @extschema@._private_schedules as s
  where s.paused_at is not null and (s.paused_until is null or s.paused_until > clock_timestamp())
  order by 3, 1, 2
$$;

comment on function @extschema@.list_paused() is
$$Lists what is paused, kind queue, task or schedule, the longest first: since when, by which role, why, and until when,
null for no end.$$;
