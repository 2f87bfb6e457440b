-- The jobs of one tick.
select plan(14);

create function pg_temp.tick(identifiers text[], tick timestamptz default '2026-01-01 08:00+00') returns setof text language sql as $$
  select concat_ws(' ', j.identifier, j.outcome, j.job_id is not null, j.error)
  from graphile_worker._private_schedule_tick(tick, false, identifiers) as j
$$;
select graphile_worker.set_schedule(i, '* * * * *', task => 't', payload => json_build_object('i', i))
from unnest(array['a', 'b', 'c']) as i;
select set_eq($$select pg_temp.tick('{a,b}')$$, array['a added t', 'b added t'], 'a job each');
select is_empty($$select pg_temp.tick('{a,b}')$$, 'once');
select is_empty($$select pg_temp.tick('{a}', '2026-01-01 07:59+00')$$, 'nor one before');
select results_eq(
  $$
    select s.identifier, s.last_job_id is not null, k.last_execution
    from graphile_worker._private_schedules as s
    inner join graphile_worker._private_known_crontabs as k on k.identifier = s.identifier
    order by 1
  $$,
  $$
    values
    ('a', true, '2026-01-01 08:00+00'::timestamptz), ('b', true, '2026-01-01 08:00+00'), ('c', false, null)
  $$,
  'their last jobs and ticks are known'
);
select set_eq(
  $$select j.payload ->> 'i' as i, j.payload #>> '{_cron,ts}' as ts, j.run_at from graphile_worker._private_jobs as j$$,
  $$
    values
    ('a', '2026-01-01T08:00:00.000Z', '2026-01-01 08:00+00'::timestamptz),
    ('b', '2026-01-01T08:00:00.000Z', '2026-01-01 08:00+00')
  $$,
  'with payload and tick'
);

-- skip_if_running
update graphile_worker._private_schedules set skip_if_running = true where identifier in ('a', 'c');
select set_eq(
  $$select pg_temp.tick('{a,b,c}', '2026-01-01 08:01+00')$$, array['a skipped f', 'b added t', 'c added t'], 'one that waits'
);
select is(
  (select s.last_skipped_at from graphile_worker._private_schedules as s where s.identifier = 'a'),
  '2026-01-01 08:01+00'::timestamptz, 'it is remembered'
);
update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w', attempts = 25;
select set_eq($$select pg_temp.tick('{a}', '2026-01-01 08:02+00')$$, array['a skipped f'], 'one that runs for the last time');
update graphile_worker._private_jobs set locked_at = null, locked_by = null;
select set_eq($$select pg_temp.tick('{a}', '2026-01-01 08:03+00')$$, array['a added t'], 'one that has failed for good is none');
delete from graphile_worker._private_jobs;
select set_eq($$select pg_temp.tick('{a}', '2026-01-01 08:04+00')$$, array['a added t'], 'nor is one that is done');

-- jitter
update graphile_worker._private_schedules set jitter = '1 minute', skip_if_running = false;
delete from graphile_worker._private_jobs;
select pg_temp.tick('{a,b,c}', '2026-01-01 08:05+00');
select results_eq(
  $$
    select
      count(distinct j.run_at), bool_and(j.run_at >= '2026-01-01 08:05+00' and j.run_at < '2026-01-01 08:06+00'),
      bool_and(j.payload #>> '{_cron,ts}' = '2026-01-01T08:05:00.000Z')
    from graphile_worker._private_jobs as j
  $$,
  'values (3::bigint, true, true)', 'each starts at a time of its own'
);

-- One that is refused.
create function pg_temp.refuse() returns trigger language plpgsql as $$
begin
  if new.payload ->> 'i' = 'b' then
    raise exception 'not on my watch' using hint = 'Ask.';
  end if;
  return new;
end;
$$;
create trigger refuse before insert on graphile_worker._private_jobs for each row execute function pg_temp.refuse();
select set_eq(
  $$select pg_temp.tick('{a,b,c}', '2026-01-01 08:06+00')$$,
  array['a added t', 'b error f not on my watch. Ask.', 'c added t'], 'the others have their jobs'
);
select results_eq(
  'select s.identifier, s.error from graphile_worker._private_schedules as s order by 1',
  $$values ('a', null), ('b', 'not on my watch. Ask.'), ('c', null)$$, 'its error is kept'
);
drop trigger refuse on graphile_worker._private_jobs;
select pg_temp.tick('{b}', '2026-01-01 08:07+00');
select is(
  (select count(*) from graphile_worker._private_schedules as s where s.error is not null), 0::bigint, 'until it works again'
);

select * from finish();
