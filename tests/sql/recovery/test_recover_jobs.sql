-- Jobs of a dead worker are taken back one way or another.
select plan(15);

create function pg_temp.ids(variadic keys text[]) returns bigint[] language sql as $$
  select array_agg(j.id order by array_position(keys, j.key))
  from graphile_worker._private_jobs as j where j.key = any(keys)
$$;
select graphile_worker.worker_heartbeat('dead');
update graphile_worker._private_workers set last_heartbeat_at = now() - interval '1 hour';
select graphile_worker.add_job('t', job_key => k, queue_name => 'q ' || k)
from unnest('{default,again,later,fail,skip,other}'::text[]) as k;
update graphile_worker._private_jobs
set locked_by = case when key = 'other' then 'other' else 'dead' end, locked_at = now(), attempts = 3;
update graphile_worker._private_job_queues set locked_by = 'dead', locked_at = now() where queue_name <> 'q other';

select is_empty(
  $$select from graphile_worker.recover_jobs('dead', now(), pg_temp.ids('default'), '{default}')$$,
  'nothing when something was heard of it since'
);
select is_empty(
  $$select from graphile_worker.recover_jobs('dead', null, pg_temp.ids('default'), '{default}')$$,
  'nor when it has registered since'
);
select set_eq(
  $$
    select r.id, r.is_given_up
    from graphile_worker.recover_jobs(
      'dead', now() - interval '1 hour', pg_temp.ids('default', 'again', 'later', 'fail', 'other'),
      '{default,reschedule,reschedule,fail,default}',
      array[null, null, now() + interval '1 day', null, null], array[null, 7, null, null, null],
      array[null, null, null, 'it was', null], '1 minute'
    ) as r
  $$,
  $$select i, false from unnest(pg_temp.ids('default', 'again', 'later', 'fail')) as i$$,
  'those that were taken back'
);
select results_eq(
  format($$
    select j.attempts::int, j.run_at - now(), j.last_error, j.is_available
    from graphile_worker._private_jobs as j where j.key = %L
  $$, c.key),
  format('values (%s, %L::interval, %L, %L::boolean)', c.attempts, c.due_in, c.error, c.is_available),
  c.key
)
from (values
  ('default', 2, interval '1 minute', 'Job recovered after worker interruption', true),
  ('again', 7, '1 minute', 'Job recovered after worker interruption', true),
  ('later', 2, '1 day', 'Job recovered after worker interruption', true),
  ('fail', 3, exp(3) * interval '1 second', 'it was', true),
  ('skip', 3, '0', null, false),
  ('other', 3, '0', null, false)
) as c (key, attempts, due_in, error, is_available);
select set_eq(
  $$select q.queue_name from graphile_worker._private_job_queues as q where not q.is_available$$, $$values ('q skip')$$,
  'queues are released, but for the skipped one''s'
);
select is((select count(*) from graphile_worker._private_workers), 1::bigint, 'it holds something, and stays on the list');
update graphile_worker._private_crashes set crashes = 9;
select set_eq(
  $$
    select r.is_given_up
    from graphile_worker.recover_jobs('dead', now() - interval '1 hour', pg_temp.ids('skip'), '{default}', max_crashes => 1)
      as r
  $$,
  $$values (true)$$,
  'the cap on crashes'
);
select is((select count(*) from graphile_worker._private_workers), 0::bigint, 'now it is off the list');
select throws_ok(
  $$select graphile_worker.recover_jobs('dead', null, '{1}', '{}')$$, 'GWBAL', null, 'GWBAL: an action for each'
);
select throws_ok(
  $$select graphile_worker.recover_jobs('dead', null, '{1}', '{forget}')$$, 'GWBRA', null, 'GWBRA: an unknown action'
);

select * from finish();
