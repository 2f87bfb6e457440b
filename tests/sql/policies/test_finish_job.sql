-- A handler completes its job itself.
select plan(9);

select graphile_worker.add_job('t', queue_name => k.queue, job_key => k.key)
from (values ('a', 'q'), ('b', null), ('free', null)) as k (key, queue);
create temp table named as select j.id, j.key from graphile_worker._private_jobs as j;
create function pg_temp.finish(key text, worker text default 'w') returns void language sql as $$
  select graphile_worker.finish_job(worker, (select n.id from named as n where n.key = finish.key))
$$;
select throws_ok($$select pg_temp.finish('a')$$, 'GWNHL', null, 'GWNHL: nobody holds it');
select graphile_worker.get_jobs('w', max_jobs => 2);
select throws_ok($$select pg_temp.finish('a', 'v')$$, 'GWNHL', null, 'GWNHL: somebody else holds it');
select lives_ok($$select pg_temp.finish('a')$$, 'who holds it');
select is_empty($$select from graphile_worker._private_jobs as j where j.key = 'a'$$, 'it is done');
select is(
  (select q.locked_by from graphile_worker._private_job_queues as q), null, 'its queue is free'
);
select throws_ok($$select pg_temp.finish('a')$$, 'GWNHL', null, 'GWNHL: a second time');
select graphile_worker.cancel_jobs(array(select n.id from named as n where n.key = 'b'));
select lives_ok($$select pg_temp.finish('b')$$, 'one that was cancelled meanwhile is done all the same');
select throws_ok($$select graphile_worker.finish_job('w', null)$$, 'GWNHL', null, 'GWNHL: null');
select throws_ok($$select graphile_worker.finish_job('', 1)$$, 'GWBWI', null, 'GWBWI: nobody');

select * from finish();
