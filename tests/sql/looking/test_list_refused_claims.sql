-- Jobs that can't be claimed.
select plan(4);

select is_empty($$select * from graphile_worker.list_refused_claims()$$, 'none');
select graphile_worker.add_job(k.task, queue_name => k.queue, job_key => k.key)
from (values ('t', 'q', 'a'), ('u', null, 'b'), ('u', null, 'gone')) as k (task, queue, key);
insert into graphile_worker._private_refused_claims
select
  j.id, now() - case j.key when 'a' then interval '1 hour' else interval '2 hours' end, now() - interval '3 seconds',
  now() + interval '1 second', 3, 'no: ' || j.key
from graphile_worker._private_jobs as j;
delete from graphile_worker._private_jobs where key = 'gone';
select results_eq(
  $$select r.* from graphile_worker.list_refused_claims() as r$$,
  $$
    select
      j.id, c.task, c.queue, now() - c.since::interval, now() - interval '3 seconds', now() + interval '1 second', 3,
      'no: ' || c.key
    from (values (1, 'b', 'u', null, '2 hours'), (2, 'a', 't', 'q', '1 hour')) as c (place, key, task, queue, since)
    inner join graphile_worker._private_jobs as j on j.key = c.key
    order by c.place
  $$, 'the longest refused first, with all that is known'
);
select is((select count(*)::integer from graphile_worker.list_refused_claims(1)), 1, 'so many');
select throws_ok($$select * from graphile_worker.list_refused_claims(-1)$$, 'GWBLM', null, 'a bad limit');

select * from finish();
