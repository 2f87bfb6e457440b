-- Who is missing, for how long, and from when on it is dead. Two looks are apart what has_passed says.
select plan(33);

create function pg_temp.look(grace interval default '5 s', own_ids text[] default '{}') returns text language sql as $$
  select coalesce(string_agg(w.worker_id || ' ' || extract(epoch from w.dead_in)::real, ', '), '')
  from graphile_worker.watch_workers(own_ids => own_ids, grace => grace) as w
$$;
create function pg_temp.has_passed(passed interval) returns void language sql as $$
  update graphile_worker._private_missing_workers set seen_at = seen_at - passed
$$;
create function pg_temp.look_after(passed interval, grace interval default '5 s') returns text language sql as $$
  select pg_temp.has_passed(passed);
  select pg_temp.look(grace)
$$;
select is(pg_temp.look(), '', 'nobody is missing');
select graphile_worker.worker_heartbeat(w.id, w.metadata::json)
from (values
  ('w', '{"session_lock": true}'), ('without', '{"session_lock": false}'), ('resilient', '{"session_lock": true}')
) as w (id, metadata);
select graphile_worker.add_job('t', flags => '{infrastructure_resilient}');
update graphile_worker._private_jobs set locked_by = 'resilient', locked_at = now();
select is(pg_temp.look(), 'w 5', 'missing, and dead after the grace');
select is(pg_temp.look_after('1.5 s'), 'w 3.5', 'seen again');
select is(pg_temp.look_after('2 s'), 'w 1.5', 'and again');
select results_eq(
  $$select m.last_heartbeat_at, m.missing_for from graphile_worker._private_missing_workers as m$$,
  $$values (now(), interval '3.5 s')$$, 'which is noted'
);
select is(pg_temp.look_after('1.5 s'), 'w 0', 'dead');
select is(pg_temp.look_after('2 s'), 'w 5', 'said once; the next to hear it does after another grace');
select is(pg_temp.look_after('2 s'), 'w 3', 'which goes by');

-- Anew.
update graphile_worker._private_workers set last_heartbeat_at = now() + interval '1 ms' where id = 'w';
select is(pg_temp.look_after('2 s'), 'w 5', 'after a heartbeat in between');
select is(pg_temp.look_after('2 s'), 'w 3', 'as before');
update graphile_worker._private_missing_workers set server_started_at = server_started_at - interval '1 day';
select is(pg_temp.look_after('2 s'), 'w 5', 'after a restart of the server');
select is(pg_temp.look_after('2 s'), 'w 3', 'as before');
select is(pg_temp.look_after('9.1 s'), 'w 5', 'nobody looked for longer than the grace and two looks');
select is(pg_temp.look_after('2 s'), 'w 3', 'as before');
select is(pg_temp.look('5 s', own_ids => '{w}'), '', 'the caller''s own');
select is_empty($$select from graphile_worker._private_missing_workers$$, 'is forgotten');
select is(pg_temp.look_after('2 s'), 'w 5', 'it begins anew');

-- The clock.
select is(pg_temp.look_after('8 s'), 'w 3', 'a look that comes late, or a clock that jumps, counts for 2 seconds');
select is(pg_temp.look_after('-1 hour'), 'w 3', 'one that was set back for nothing');
select is(pg_temp.look_after('2 s'), 'w 1', 'and it goes on at once');
select is(pg_temp.look_after('1 hour'), 'w 5', 'one that was set forward by more begins anew');

-- Another grace.
select is(pg_temp.look_after('2 s', '1 s'), 'w 0.5', 'half the grace at most');
select is(pg_temp.look_after('0.25 s', '1 s'), 'w 0.25', 'or what has passed');
select is(pg_temp.look_after('2 s', '1 s'), 'w 0', 'at most');
select is(pg_temp.look_after('2 s', '0'), 'w 0', 'no grace at all');

-- Several.
delete from graphile_worker._private_missing_workers;
select pg_temp.look();
select graphile_worker.worker_heartbeat('later', '{"session_lock": true}');
select is(pg_temp.look_after('2 s'), 'w 3, later 5', 'each has its own time, the next to be dead comes first');
select is(pg_temp.look_after('2 s'), 'w 1, later 3', 'each goes on');
select set_eq(
  $$
    select w.worker_id, w.last_heartbeat_at
    from graphile_worker.watch_workers(resilient_flags => null) as w
  $$,
  $$values ('w', now() + interval '1 ms'), ('later', now()), ('resilient', now())$$,
  'with the last heartbeats; which flags are resilient is the caller''s choice'
);
select graphile_worker.worker_deregister('later');
select is(pg_temp.look(), 'w 1', 'who is off the list is not missing');
select set_eq($$select m.worker_id from graphile_worker._private_missing_workers as m$$, $$values ('w')$$, 'nor noted');
select set_eq(
  $$select w.id from graphile_worker._private_workers as w$$, $$values ('w'), ('without'), ('resilient')$$,
  'nothing is taken from anybody'
);

select throws_ok($$select graphile_worker.watch_workers(grace => '-1 s')$$, 'GWBDU', null, 'GWBDU: negative');
select throws_ok($$select graphile_worker.watch_workers(grace => null)$$, 'GWBDU', null, 'GWBDU: null');

select * from finish();
