-- Every table that the takeover changes. Applications add jobs meanwhile and lock these in another order: a deadlock is
-- possible. PostgreSQL ends whoever has waited for deadlock_timeout and then finds one. All of these waits together are
-- shorter, so the takeover gives way first, and is tried again.
do $$
declare
  v_tables text[] := array(
    select c.oid::regclass::text
    from unnest(array[
      '_private_jobs', '_private_job_queues', '_private_tasks', '_private_known_crontabs', '_private_workers'
    ]) with ordinality as t (name, place)
    inner join pg_class as c on c.relname = t.name and c.relnamespace = '@extschema@'::regnamespace
    order by t.place
  );
begin
  perform set_config('lock_timeout', greatest(s.setting::integer / (cardinality(v_tables) + 1), 1)::text, true)
  from pg_settings as s
  where s.name = 'deadlock_timeout';
  execute format('lock table %s in access exclusive mode', array_to_string(v_tables, ', '));
end;
$$;

set local lock_timeout to 0;
