select plan(2);

select graphile_worker.add_job('b', '{"n": 1}', queue_name => 'q', priority => 2);
select graphile_worker.add_job('a', '{"n": 2}', priority => 1, run_at => '-infinity');
select graphile_worker.add_job('a', '{"n": 3}');

select results_eq(
  $$
    select c.task_identifier, c.payload::text, c.queue_name, c.priority::integer
    from graphile_worker._private_claimed_jobs(
      job_ids => array(select j.id from graphile_worker._private_jobs as j where j.payload::text <> '{"n": 3}')
    ) as c
  $$,
  $$ values ('a', '{"n": 2}', null, 1), ('b', '{"n": 1}', 'q', 2) $$,
  'in the order to start them, with names'
);
select is(
  (
    select min(c.run_at)
    from graphile_worker._private_claimed_jobs(
      job_ids => array(select j.id from graphile_worker._private_jobs as j)
    ) as c
  ),
  '0001-01-02 00:00:00+00'::timestamptz,
  'at an instant that every language has'
);

select * from finish();
