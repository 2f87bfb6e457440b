-- Who holds a job with a flag that is switched on.
select plan(7);

select graphile_worker.add_job('t', job_key => k) from unnest('{on,number,off,null,zero,empty,other,free}'::text[]) as k;
update graphile_worker._private_jobs
set
  locked_by = key,
  locked_at = case when key <> 'free' then now() end,
  flags = case key
    when 'on' then '{"r": true}' when 'number' then '{"r": 2}' when 'off' then '{"r": false}' when 'null' then '{"r": null}'
    when 'zero' then '{"r": 0}' when 'empty' then '{"r": ""}' when 'other' then '{"x": true}' else '{"r": true}'
  end::jsonb;

select set_eq(
  $$
    select j.key from graphile_worker._private_jobs as j
    where graphile_worker._private_holds_resilient_job(j.key, '{r,s}')
  $$,
  $$values ('on'), ('number')$$,
  'true, or anything else that is not nothing; a job that is held'
);
select ok(not graphile_worker._private_holds_resilient_job(w, '{r}'), w)
from unnest('{off,null,zero,empty}'::text[]) as w;
select ok(not graphile_worker._private_holds_resilient_job('on', '{}'), 'no flags');
select ok(not graphile_worker._private_holds_resilient_job('on', null), 'null for none');

select * from finish();
