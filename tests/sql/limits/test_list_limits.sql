-- What is limited.
select plan(6);

create function pg_temp.list(row_limit integer default 100, after_kind text default null, after_name text default null)
returns text language sql as $$
  select string_agg(
    concat_ws(
      ' ', l.kind, l.name, l.max_running, l.running, l.rate, l.per, l.burst, round(l.tokens::numeric, 3),
      l.next_at > now(), 'held', l.held_back, l.capped, l.from_operator
    ), ', '
  )
  from graphile_worker.list_limits(row_limit, after_kind, after_name) as l
$$;
select is(pg_temp.list(), null, 'nothing');
select graphile_worker.add_job(t, queue_name => q)
from (values ('t', null), ('u', null), ('u', 'a:1'), ('u', 'a:2'), ('u', 'q')) as c (t, q), generate_series(1, 4);
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now() where id % 4 < 2;
select
  graphile_worker.limit_task('t', 2, reason => 'why'), graphile_worker.limit_task('new', 5),
  graphile_worker.limit_task('u', rate => 0.001, per => '1 hour'), graphile_worker.limit_queue('a:*', 3),
  graphile_worker.limit_queue('q', 2), graphile_worker.publish_limits('{"v": {"max_running": 1}}');
insert into graphile_worker._private_buckets values ('task', 'u', '', now() + interval '1000 hours', now());
select is(
  pg_temp.list(),
  'pattern a:* 3 4 held f {max_running}, queue q 2 2 held 2 f {max_running}, '
  || 'task new 5 0 held 0 f {max_running}, task t 2 2 held 2 f {max_running}, '
  || 'task u 8 0.001 01:00:00 1 0.000 t held 8 f {rate}, task v 1 0 held 0 f {}',
  'how many run, what is left of rates, what is held back'
);
select is(pg_temp.list(1, 'queue', 'q'), 'task new 5 0 held 0 f {max_running}', 'a page');
select is(pg_temp.list(1, 'pattern', 'a:*'), 'queue q 2 2 held 2 f {max_running}', 'behind a pattern');
select results_eq(
  $$select l.set_at, l.set_by, l.reason from graphile_worker.list_limits() as l where l.name = 't'$$,
  $$values (now(), session_user::text collate "default", 'why')$$, 'since when, by whom, and why'
);
select throws_ok('select graphile_worker.list_limits(-1)', 'GWBLM', null, 'GWBLM: no page');

select * from finish();
