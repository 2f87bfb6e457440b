-- What workers hold that somebody has cancelled.
select plan(3);

select graphile_worker.add_job('t', job_key => k.key) from (values ('a'), ('b'), ('c'), ('d'), ('e')) as k (key);
update graphile_worker._private_jobs
set locked_at = now(), locked_by = case key when 'd' then 'v' else 'w' end where key <> 'e';
create temp table named as select j.id, j.key from graphile_worker._private_jobs as j;
select graphile_worker.cancel_jobs(array[n.id], case n.key when 'a' then 'wrong file' end) from named as n where n.key <> 'b';
select results_eq(
  $$select n.key, l.worker_id, l.reason from graphile_worker.list_cancelled('{w}') as l inner join named as n on n.id = l.job_id$$,
  $$values ('a', 'w', 'wrong file'), ('c', 'w', null)$$, 'in id order, why, if somebody has said so'
);
select is((select count(*) from graphile_worker.list_cancelled('{w,v,x}')), 3::bigint, 'of several workers');
select is_empty($$select from graphile_worker.list_cancelled('{x}')$$, 'of one that holds none');

select * from finish();
