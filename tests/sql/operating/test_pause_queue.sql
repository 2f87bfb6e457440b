-- A queue that is paused.
select plan(16);

select ok(graphile_worker.pause_queue('q', 'why'), 'it was not paused before');
select results_eq(
  'select p.queue_name, p.paused_at, p.paused_by, p.reason from graphile_worker._private_paused_queues as p',
  $$values ('q', now(), session_user::text collate "default", 'why')$$,
  'since when, by whom, and why; the queue need not exist'
);
select ok(not graphile_worker.pause_queue('q'), 'again: it was');
select is((select p.reason from graphile_worker._private_paused_queues as p), 'why', 'no reason keeps the old one');
select ok(not graphile_worker.pause_queue('q', 'another'), 'and again');
select is((select p.reason from graphile_worker._private_paused_queues as p), 'another', 'a new one replaces it');
select throws_ok(format('select graphile_worker.pause_queue(%L)', c.name), 'GWBQN', null, 'GWBQN: ' || c.what)
from (values (null, 'no name'), ('', 'an empty name'), (repeat('x', 129), 'too long a name')) as c (name, what);

select graphile_worker.pause_queue('e', until => now() + interval '1 hour');
select is((select p.until - now() from graphile_worker._private_paused_queues as p where p.queue_name = 'e'), interval '1 hour', 'until then');
select ok(not graphile_worker.pause_queue('e'), 'it is paused');
select is((select p.until from graphile_worker._private_paused_queues as p where p.queue_name = 'e'), null, 'and has no end any more');
update graphile_worker._private_paused_queues set until = now() where queue_name = 'e';
select ok(graphile_worker.pause_queue('e'), 'one that is over is none');
select throws_ok('select graphile_worker.pause_queue(''e'', until => now())', 'GWBTI', null, 'GWBTI: no end');

select graphile_worker.pause_queue('n');
set local graphile_worker.notify = 'loud';
select throws_ok('select graphile_worker.pause_queue(''n'', until => now() + interval ''1 hour'')', 'GWBNS', null, 'an end is told to workers');
select lives_ok('select graphile_worker.pause_queue(''new'', until => now() + interval ''1 hour'')', 'a new pause is not');

select * from finish();
