-- Jobs of a tick, without waiting for locks; with two sessions in tests/py/schedules/test_concurrent.py.
select plan(5);

create function pg_temp.add(tasks text[]) returns setof text language sql as $$
  select concat_ws(' ', j.place, j.job_id is not null, j.error ->> 'message')
  from graphile_worker._private_add_schedule_jobs(
    '2026-01-01 08:00+00', false,
    (select array_agg(row(t, null, null, null, null, null, null, null)::graphile_worker.job_spec) from unnest(tasks) as t),
    array(select 'replace' from unnest(tasks))
  ) as j
  order by j.place
$$;
-- As if somebody else had it.
create function pg_temp.hold() returns trigger language plpgsql as $$
declare
  v_task text := (select t.identifier from graphile_worker._private_tasks as t where t.id = new.task_id);
begin
  if v_task = 'held' then
    raise lock_not_available;
  elsif v_task = 'bad' then
    raise 'bad';
  end if;
  return new;
end;
$$;
create trigger hold before insert on graphile_worker._private_jobs for each row execute function pg_temp.hold();
set local lock_timeout = '5s';
select results_eq($$select pg_temp.add('{a,b}')$$, array['1 t', '2 t'], 'each gets one');
select results_eq($$select pg_temp.add('{a,held,bad,b}')$$, array['1 t', '3 f bad', '4 t'], 'one that is held is left out');
select is_empty($$select pg_temp.add('{held}')$$, 'alone, too');
select is_empty($$select pg_temp.add(null)$$, 'none');
select is(current_setting('lock_timeout'), '5s', 'the setting stays the caller''s');

select * from finish();
