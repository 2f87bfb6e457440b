-- Where jobs are to be looked for.
select plan(12);
-- Jobs are named by their ids here.
alter table graphile_worker._private_jobs alter column id restart with 1;

create function pg_temp.window_of(
  state text, descending boolean, max_rows integer, task text default null, above bigint default 0,
  below bigint default 9223372036854775807
) returns text language sql as $$
  select case
    when w.ids is not null then format('%s ids, %s to %s', cardinality(w.ids), w.ids[1], w.ids[cardinality(w.ids)])
    else format('%s to %s', w.low_id, nullif(w.high_id, 9223372036854775806))
  end || format(', %s, %s', w.looked_at, w.complete)
  from graphile_worker._private_job_window(
    state, (select t.id from graphile_worker._private_tasks as t where t.identifier = task), above, below, descending,
    max_rows
  ) as w
$$;
select is(pg_temp.window_of('ready', true, 10), '0 ids,  to , 0, t', 'nothing there: no ids, and that is all');
select graphile_worker.add_job('t') from generate_series(1, 5);
select graphile_worker.add_job('u', queue_name => 'q', run_at => now() + interval '1 hour') from generate_series(1, 2);
select is(pg_temp.window_of('all', true, 3), '5 to , 3, f', 'all: a stretch from the newest on');
select is(pg_temp.window_of('all', false, 3), '1 to 3, 3, f', 'or from the oldest');
select is(pg_temp.window_of('all', true, 8), '1 to , 7, t', 'of all there is');
select is(pg_temp.window_of('all', true, 3, above => 1, below => 4), '2 to 3, 2, t', 'between two ids');
select is(pg_temp.window_of('ready', true, 1), '5 ids, 5 to 1, 5, t', 'few in a state: all their ids');
select is(pg_temp.window_of('scheduled', false, 1), '2 ids, 6 to 7, 2, t', 'in the order asked for');
select is(pg_temp.window_of('waiting', true, 1, 'u'), '2 ids, 7 to 6, 2, t', 'those of a task that wait');
select is(pg_temp.window_of('locked', true, 1), '0 ids,  to , 0, t', 'none that run');
insert into graphile_worker._private_jobs (task_id, attempts)
select t.id, 25 from generate_series(1, 20001) as n (n) cross join graphile_worker._private_tasks as t
where t.identifier = 't';
select is(pg_temp.window_of('failed', true, 3), '20006 to , 3, f', 'many: a stretch of all rows');
select is(pg_temp.window_of('failed', true, 3, 't'), '3 ids, 20008 to 20006, 3, f', 'many of a task: a stretch of those');
select is(pg_temp.window_of('failed', false, 3, 't'), '3 ids, 8 to 10, 3, f', 'from either end');

select * from finish();
