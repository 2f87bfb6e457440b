-- What complete_jobs and worker_round share; test_complete_jobs has the cases.
select plan(4);

select graphile_worker.add_job('t', queue_name => k.queue, job_key => k.key)
from (values ('a', null), ('b', 'q'), ('other', null)) as k (key, queue);
create temp table keys as select j.id, j.key from graphile_worker._private_jobs as j;
select graphile_worker.get_jobs('w', max_jobs => 100);
update graphile_worker._private_jobs set locked_by = 'other' where key = 'other';

select set_eq(
  $$select unnest(graphile_worker._private_complete('w', array(select k.id from keys as k)))$$,
  $$select k.id from keys as k where k.key in ('a', 'b')$$,
  'the ids of those that the worker held'
);
select results_eq(
  $$select j.key, j.locked_by from graphile_worker._private_jobs as j$$, $$values ('other', 'other')$$, 'are gone'
);
select is_empty(
  $$select q.queue_name from graphile_worker._private_job_queues as q where q.locked_by is not null$$,
  'their queues are free'
);
select is(graphile_worker._private_complete('w', array(select k.id from keys as k)), null, 'none: null');

select * from finish();
