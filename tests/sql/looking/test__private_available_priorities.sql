-- The priorities that jobs have.
select plan(4);

select is(graphile_worker._private_available_priorities(10), '{}', 'no job: none');
select graphile_worker.add_job('t', priority => p.priority, run_at => now() + p.due::interval, job_key => p.priority::text)
from (values (-5, '0'), (0, '1 hour'), (7, '0'), (32767, '0'), (9, '0')) as p (priority, due);
select graphile_worker.add_job('t', priority => 7);
update graphile_worker._private_jobs set locked_at = now() where key = '9';
select is(
  graphile_worker._private_available_priorities(10), '{-5,0,7,32767}', 'each once, in order; those of running jobs are not'
);
select is(graphile_worker._private_available_priorities(2), '{-5,0}', 'so many');
select is(graphile_worker._private_available_priorities(0), '{}', 'none at all');

select * from finish();
