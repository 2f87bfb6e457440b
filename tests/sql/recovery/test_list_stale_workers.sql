-- The registered workers that have not been heard for too long.
select plan(7);

insert into graphile_worker._private_workers (id, last_heartbeat_at)
values
  ('fresh', now()),
  ('just not', now() - interval '5 minutes'),
  ('stale', now() - interval '5 minutes 1 microsecond'),
  ('b staler', now() - interval '1 day'),
  ('a staler', now() - interval '1 day');

select results_eq(
  $$select s.worker_id from graphile_worker.list_stale_workers('5 minutes') as s$$,
  $$values ('a staler'), ('b staler'), ('stale')$$,
  'those beyond the threshold, the stalest first'
);
select is_empty($$select * from graphile_worker.list_stale_workers('2 days')$$, 'a longer threshold: none');
select is(
  (select count(*) from graphile_worker.list_stale_workers(stale_threshold => '0')), 4::bigint,
  '0: all that were heard before now'
);
select is((select count(*) from graphile_worker._private_workers), 5::bigint, 'nobody is taken off the list');
select throws_ok($$select * from graphile_worker.list_stale_workers(null)$$, 'GWBDU', null, 'GWBDU: no threshold');
select throws_ok(
  $$select * from graphile_worker.list_stale_workers('-1 s')$$, 'GWBDU', null, 'GWBDU: a negative threshold'
);
select throws_like(
  $$select * from graphile_worker.list_stale_workers('-1 s')$$, '%stale_threshold%', 'GWBDU names the argument'
);

select * from finish();
