-- Who holds jobs and queues right now.
select plan(3);

select is_empty($$select * from graphile_worker.list_locked_workers()$$, 'nobody holds anything: no row');

select graphile_worker.add_job('t', job_key => j.key) from unnest(array['a1', 'a2', 'b1', 'c1', 'free']) as j (key);
update graphile_worker._private_jobs
set
  locked_by = left(key, 1),
  locked_at = now()
  - case key when 'a1' then interval '1 minute' when 'c1' then interval '3 hours' else interval '1 hour' end
where key <> 'free';
insert into graphile_worker._private_job_queues (queue_name, locked_by, locked_at)
values
  ('q1', 'a', now() - interval '2 hours'), ('q2', 'a', now()), ('q3', 'd', now() - interval '1 hour'),
  ('free', null, null);
select graphile_worker.worker_heartbeat('a'), graphile_worker.worker_heartbeat('idle');

select results_eq(
  $$
    select l.worker_id, l.locked_jobs, l.locked_queues, now() - l.oldest_lock, l.last_heartbeat_at
    from graphile_worker.list_locked_workers() as l
  $$,
  $$values
    ('c', 1::bigint, 0::bigint, interval '3 hours', null::timestamptz),
    ('a', 2, 2, '2 hours', now()),
    ('b', 1, 0, '1 hour', null),
    ('d', 0, 1, '1 hour', null)
  $$,
  'a row per holder with what it holds, the oldest lock first; last_heartbeat_at is null for one that sends none'
);
select graphile_worker.force_unlock_workers(array(select l.worker_id from graphile_worker.list_locked_workers() as l));
select is_empty($$select * from graphile_worker.list_locked_workers()$$, 'the ids are what force_unlock_workers takes');

select * from finish();
