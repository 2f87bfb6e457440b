-- A claim locks the limits that it counts under; two at once are in tests/py/concurrency.
select plan(8);

create function pg_temp.lock(max_limited integer default null) returns text language sql as $$
  select concat_ws(
    ' ',
    (
      select string_agg(concat_ws('=', t.identifier, r.room), ',' order by t.identifier)
      from unnest(array(select i.id from graphile_worker._private_tasks as i order by i.id), l.rooms) as r (id, room)
      inner join graphile_worker._private_tasks as t on t.id = r.id
    ),
    cardinality(l.limited_task_ids), cardinality(l.rated_task_ids), cardinality(l.weighed_task_ids),
    l.next_due - now(), l.is_held_back, l.is_missed, l.again_at > now()
  )
  from graphile_worker._private_lock_limits(
    array(select t.id from graphile_worker._private_tasks as t order by t.id), now(), max_limited, false
  ) as l
$$;
select graphile_worker.add_job(t, run_at => now() + i) from (values
  ('free', interval '0'), ('full', '0'), ('later', '1 hour'), ('rate', '0'), ('room', '0')
) as c (t, i);
select is(pg_temp.lock(), 'free,full,later,rate,room f f', 'nothing is limited');
select
  graphile_worker.limit_task('full', 1), graphile_worker.limit_task('later', 1), graphile_worker.limit_task('room', 2),
  graphile_worker.limit_task('rate', rate => 3, weight_by => 'w');
select is(
  pg_temp.lock(), 'free,full=1,later=0,rate=3,room=2 4 1 1 01:00:00 f f', 'what is due has room, and the rest is known'
);
select graphile_worker.add_job('full');
update graphile_worker._private_jobs as j set locked_by = 'w', locked_at = now()
where j.id = (
  select min(i.id) from graphile_worker._private_jobs as i
  inner join graphile_worker._private_tasks as t on t.id = i.task_id where t.identifier = 'full'
);
select is(
  pg_temp.lock(), 'free,full=0,later=0,rate=3,room=2 4 1 1 01:00:00 t f', 'one that is full holds something back'
);
insert into graphile_worker._private_buckets values ('task', 'rate', '', now() + interval '1 minute', now());
select is(
  pg_temp.lock(), 'free,full=0,later=0,rate=0,room=2 4 1 1 01:00:00 t f t', 'a rate that is used up: until when'
);
select is(pg_temp.lock(0), 'free,full=0,later=0,rate=0,room=0 4 1 1 01:00:00 t t t', 'not to be locked, though there is room');
select results_eq(
  'select l.name from graphile_worker._private_limits as l where l.xmax <> 0 order by 1',
  $$values ('full'), ('rate'), ('room')$$, 'locked was what had room, and nothing else'
);
select is(
  (select l.rooms from graphile_worker._private_lock_limits('{}', now(), null, false) as l), null, 'no tasks'
);
delete from graphile_worker._private_limits where name <> 'later';
select is(pg_temp.lock(), 'free,full,later=0,rate,room 1 01:00:00 f f', 'nothing that is due is limited');

select * from finish();
