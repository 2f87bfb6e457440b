-- The workers that send heartbeats, and whoever else holds something.
select plan(12);

select is_empty($$select * from graphile_worker.list_workers()$$, 'no worker: no row');

insert into graphile_worker._private_workers (id, started_at, last_heartbeat_at, metadata)
values
  ('b fresh', now() - interval '1 day', now(), '{"host": "one"}'),
  ('a fresh', now() - interval '2 days', now(), null),
  ('just not', now() - interval '1 day', now() - interval '5 minutes', null),
  ('stale', now() - interval '1 day', now() - interval '5 minutes 1 microsecond', null);
select graphile_worker.add_job('t') from generate_series(1, 4);
select graphile_worker.get_jobs('stale', max_jobs => 2);
select graphile_worker.get_jobs('sends no heartbeats');

select results_eq(
  $$
    select w.worker_id, now() - w.started_at, now() - w.last_heartbeat_at, w.is_stale, w.locked_jobs, w.metadata
    from graphile_worker.list_workers() as w where w.is_stale is not null
  $$,
  $$values
    ('a fresh', interval '2 days', interval '0', false, 0::bigint, null::jsonb),
    ('b fresh', '1 day', '0', false, 0, '{"host": "one"}'),
    ('just not', '1 day', '5 minutes', false, 0, null),
    ('stale', '1 day', '5 minutes 1 microsecond', true, 2, null)
  $$,
  'a row per worker, the most recently heard first, overdue beyond 5 minutes by default, with the jobs it holds'
);
select set_eq(
  $$select w.worker_id from graphile_worker.list_workers('1 minute') as w where w.is_stale$$,
  $$values ('just not'), ('stale')$$,
  'a shorter threshold'
);
select set_eq(
  $$select w.worker_id from graphile_worker.list_workers(stale_threshold => '0') as w where w.is_stale$$,
  $$values ('just not'), ('stale')$$,
  '0: all that were heard before now'
);
select is(
  (select count(*) from graphile_worker.list_workers('1 minute')), 5::bigint, 'the threshold leaves nobody out'
);
select results_eq(
  $$
    select w.worker_id, w.started_at, w.last_heartbeat_at, w.is_stale, w.locked_jobs, w.locked_queues, w.oldest_lock
    from graphile_worker.list_workers(row_offset => 4) as w
  $$,
  $$values ('sends no heartbeats', null::timestamptz, null::timestamptz, null::boolean, 1::bigint, 0::bigint, now())$$,
  'behind them who sends no heartbeats, but holds something'
);
select results_eq(
  $$select w.worker_id from graphile_worker.list_workers(row_limit => 2, row_offset => 1) as w$$,
  $$values ('b fresh'), ('just not')$$,
  'a page'
);
select graphile_worker.add_job('q', '{}', 'queue');
select graphile_worker.get_jobs('b fresh', '{q}');
select results_eq(
  $$select w.locked_jobs, w.locked_queues, w.oldest_lock from graphile_worker.list_workers() as w where w.worker_id = 'b fresh'$$,
  $$values (1::bigint, 1::bigint, now())$$,
  'the queues that a worker holds'
);
select throws_ok($$select * from graphile_worker.list_workers(row_limit => -1)$$, 'GWBLM', null, 'a negative limit');
select throws_ok($$select * from graphile_worker.list_workers(null)$$, 'GWBDU', null, 'GWBDU: no threshold');
select throws_ok($$select * from graphile_worker.list_workers('-1 s')$$, 'GWBDU', null, 'GWBDU: a negative threshold');
select throws_like(
  $$select * from graphile_worker.list_workers('-1 s')$$, '%stale_threshold%', 'GWBDU names the argument'
);

select * from finish();
