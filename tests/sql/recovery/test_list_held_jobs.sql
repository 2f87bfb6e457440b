-- What a worker holds.
select plan(5);

select graphile_worker.add_job('a', '{"n": 1}', 'q', job_key => 'k', priority => 3, flags => '{f}');
select graphile_worker.add_job('b') from generate_series(1, 3);
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now(), attempts = 2 where key = 'k';
update graphile_worker._private_jobs set locked_by = 'v', locked_at = now() where key is null;
insert into graphile_worker._private_crashes (job_id, crashes, last_crashed_at, last_worker_id)
select j.id, 2, now(), 'u' from graphile_worker._private_jobs as j where j.key = 'k';

select results_eq(
  $$
    select
      h.task_identifier, h.payload::text, h.queue_name, h.priority::int, h.run_at, h.attempts::int, h.max_attempts::int,
      h.created_at, h.key, h.flags, h.locked_at, h.crashes
    from graphile_worker.list_held_jobs('w') as h
  $$,
  $$values ('a', '{"n": 1}', 'q', 3, now(), 2, 25, now(), 'k', '{"f": true}'::jsonb, now(), 2)$$,
  'everything about them'
);
create temp table held as select h.id, h.crashes from graphile_worker.list_held_jobs('v') as h;
select is((select count(*) from held), 3::bigint, 'a worker''s own only');
select results_eq(
  $$select h.id from graphile_worker.list_held_jobs('v', (select min(h.id) from held as h), 1) as h$$,
  $$select h.id from held as h order by h.id offset 1 limit 1$$,
  'a page of them'
);
select is((select max(h.crashes) from held as h), 0, 'none crashed');
select throws_ok($$select graphile_worker.list_held_jobs('v', 0, -1)$$, 'GWBLM', null, 'GWBLM');

select * from finish();
