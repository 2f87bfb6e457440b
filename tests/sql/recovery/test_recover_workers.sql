-- What named workers hold is taken back, unless something was heard of them since.
select plan(11);

select graphile_worker.worker_heartbeat(w) from unnest('{dead,back,alive}'::text[]) as w;
update graphile_worker._private_workers set last_heartbeat_at = now() - interval '1 minute' where id <> 'alive';
select graphile_worker.add_job('t', job_key => k.key, queue_name => k.queue)
from (values ('dead 1', 'q'), ('dead 2', null), ('back', null), ('alive', null), ('orphan', null)) as k (key, queue);
update graphile_worker._private_jobs
set locked_by = split_part(key, ' ', 1), locked_at = now(), attempts = 1, run_at = now() - interval '1 day';
update graphile_worker._private_job_queues set locked_by = 'dead', locked_at = now();
-- Heard of since the caller looked.
update graphile_worker._private_workers set last_heartbeat_at = now() - interval '59 seconds' where id = 'back';

select results_eq(
  $$
    select r.worker_id, r.last_heartbeat_at, r.recovered_jobs, r.given_up_jobs, r.skipped_jobs
    from graphile_worker.recover_workers(
      '{back,dead,alive,orphan,nobody}',
      array[now() - interval '1 minute', now() - interval '1 minute', null, null, now()], '0'
    ) as r
  $$,
  $$values ('dead', now() - interval '1 minute', 2, 0, 0), ('orphan', null, 1, 0, 0)$$,
  'who was not heard of since, and who is not registered and was not'
);
select set_eq(
  $$select j.key from graphile_worker._private_jobs as j where j.locked_at is null$$,
  $$values ('dead 1'), ('dead 2'), ('orphan')$$,
  'only their jobs are free'
);
select set_eq(
  $$select w.id from graphile_worker._private_workers as w$$, $$values ('back'), ('alive')$$,
  'they are taken off the list'
);
select is((select q.is_available from graphile_worker._private_job_queues as q), true, 'queues are released');
select is(
  (select j.run_at from graphile_worker._private_jobs as j where j.key = 'dead 1'), now() - interval '1 day',
  'without a delay they keep their place'
);
select is((select j.attempts::int from graphile_worker._private_jobs as j where j.key = 'dead 1'), 0, 'no attempt counted');
select is_empty($$select from graphile_worker.recover_workers('{}', '{}')$$, 'nobody, nothing');
select is_empty($$select from graphile_worker.recover_workers('{null}', '{null}')$$, 'null is nobody');
select throws_ok(
  $$select from graphile_worker.recover_workers('{a}', '{}')$$, 'GWBAL', null, 'GWBAL: a heartbeat for each'
);
select throws_ok(
  $$select from graphile_worker.recover_workers('{}', '{}', '-1 s')$$, 'GWBDU', null, 'GWBDU: a negative delay'
);
select throws_ok(
  $$select from graphile_worker.recover_workers('{}', '{}', max_crashes => 0)$$, 'GWBMC', null, 'GWBMC: a cap of none'
);

select * from finish();
