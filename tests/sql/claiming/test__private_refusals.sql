-- What is to be left alone, as its claim was refused.
select plan(6);

create function pg_temp.known() returns text language sql as $$
  select format('%s %s', r.refused_ids, r.refused_queue_ids) from graphile_worker._private_refusals(with_due => false) as r
$$;
select is(pg_temp.known(), '{} ', 'nothing');
select graphile_worker.add_job('t', queue_name => 'q');
insert into graphile_worker._private_refused_claims
select j.id, now(), now(), now() + interval '1 second', 1, 'no' from graphile_worker._private_jobs as j;
select is(pg_temp.known(), format('{%s} {%s}', j.id, j.job_queue_id), 'one, and its queue')
from graphile_worker._private_jobs as j;
update graphile_worker._private_jobs set attempts = max_attempts;
select is(pg_temp.known(), format('{%s} ', j.id), 'a queue does not wait for what has failed')
from graphile_worker._private_jobs as j;
update graphile_worker._private_jobs set attempts = 0, job_queue_id = null;
select is(pg_temp.known(), format('{%s} ', j.id), 'one without a queue') from graphile_worker._private_jobs as j;
update graphile_worker._private_refused_claims set next_try_at = now();
select is(pg_temp.known(), '{} ', 'it may be tried again');
select is(r.refused_ids, array[j.id], 'with those that may be')
from graphile_worker._private_jobs as j, graphile_worker._private_refusals(with_due => true) as r;

select * from finish();
