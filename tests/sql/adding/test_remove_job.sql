-- Removing the job that has a key.
select plan(18);

select is((graphile_worker.remove_job('no such')).id, null, 'no such key: null');
select is(graphile_worker.remove_job('no such') is null, true, 'the whole row is null');
select is(graphile_worker.remove_job(null) is null, true, 'null removes nothing and is null');
select is((graphile_worker.remove_job('')).id, null, 'nobody has the empty key');

-- What is removed, by state.
create temp table cases as
select s.state, (graphile_worker.add_job('t', '[1]', 'q', job_key => s.state, max_attempts => 5)).id
from unnest(
  array['free', 'scheduled', 'exhausted', 'locked', 'locked for just 4 hours', 'locked for longer']
) as s (state);
select graphile_worker.add_job('t', '"bystander"');
select graphile_worker.add_job('t', '"bystander"', job_key => 'fre');
update graphile_worker._private_jobs as j
set
  run_at = case when c.state = 'scheduled' then now() + interval '1 day' else j.run_at end,
  attempts = case when c.state = 'exhausted' then 5 else 1 end,
  updated_at = now() - interval '5 hours',
  locked_by = case when c.state like 'locked%' then 'w' end,
  locked_at = case c.state
    when 'locked' then now()
    when 'locked for just 4 hours' then now() - interval '4 hours'
    when 'locked for longer' then now() - interval '4 hours 1 microsecond'
  end
from cases as c
where j.id = c.id;
create temp table before as select j.* from graphile_worker._private_jobs as j;
create temp table removed as select c.state, graphile_worker.remove_job(c.state) as job from cases as c;

select results_eq(
  format($$select r.job::text from removed as r where r.state = %L$$, s.state),
  format($$select b::text from before as b where b.key = %L$$, s.state),
  'returned as it was: ' || s.state
)
from unnest(array['free', 'scheduled', 'exhausted', 'locked for longer']) as s (state);
select is_empty(
  format(
    $$select from graphile_worker._private_jobs as j inner join cases as c on c.id = j.id where c.state = %L$$,
    s.state
  ),
  'deleted: ' || s.state
)
from unnest(array['free', 'scheduled', 'exhausted', 'locked for longer']) as s (state);

select results_eq(
  format(
    $$
      select j.key, j.attempts::int, j.max_attempts::int, j.locked_by, j.is_available, j.updated_at
      from graphile_worker._private_jobs as j inner join cases as c on c.id = j.id where c.state = %L
    $$,
    s.state
  ),
  $$values (null::text, 5, 5, 'w', false, now())$$,
  s.state || ': the row stays with the worker, without its key and without further attempts'
)
from unnest(array['locked', 'locked for just 4 hours']) as s (state);
select results_eq(
  format($$select r.job::text from removed as r where r.state = %L$$, s.state),
  format($$
    select j::text from graphile_worker._private_jobs as j inner join cases as c on c.id = j.id where c.state = %L
  $$, s.state),
  s.state || ': it is returned as it is now'
)
from unnest(array['locked', 'locked for just 4 hours']) as s (state);

select is((graphile_worker.remove_job('locked')).id, null, 'a key that was removed is free, though its job still runs');
select is(
  (select count(*) from graphile_worker._private_jobs where payload::text = '"bystander"'), 2::bigint,
  'no other job is touched'
);

select * from finish();
