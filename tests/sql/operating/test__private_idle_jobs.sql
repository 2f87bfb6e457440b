-- What a change by id is about.
select plan(2);

select graphile_worker.add_job('t', job_key => k.key)
from (values ('idle'), ('failed'), ('held'), ('held for long'), ('not named')) as k (key);
update graphile_worker._private_jobs set attempts = max_attempts where key = 'failed';
update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w' where key = 'held';
update graphile_worker._private_jobs set locked_at = now() - interval '5 hours', locked_by = 'w' where key = 'held for long';
select results_eq(
  $$
    select i.key from graphile_worker._private_idle_jobs(
      array(select j.id from graphile_worker._private_jobs as j where j.key <> 'not named' order by j.id desc)
      || '{0,null}'::bigint[]
    ) as i
  $$,
  $$values ('idle'), ('failed'), ('held for long')$$,
  'those that are not running, in id order'
);
select is_empty('select from graphile_worker._private_idle_jobs(null)', 'null for no id');

select * from finish();
