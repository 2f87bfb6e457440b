-- Who holds locks and is not registered.
select plan(7);

select graphile_worker.add_job('t', job_key => j.holder)
from unnest(array['job only', 'both', 'both again', 'registered', 'young', 'just not', 'free']) as j (holder);
update graphile_worker._private_jobs
set
  locked_by = case key when 'both again' then 'both' else key end,
  locked_at = now() - case key
    when 'young' then interval '1 minute'
    when 'just not' then interval '5 minutes'
    else interval '5 minutes 1 microsecond'
  end
where key <> 'free';
insert into graphile_worker._private_job_queues (queue_name, locked_by, locked_at)
values
  ('q', 'both', now() - interval '1 hour'),
  ('r', 'a queue only', now() - interval '1 hour'),
  ('s', 'registered', now() - interval '1 hour'),
  ('t', 'young', now() - interval '1 minute'),
  ('nobody''s', null, now() - interval '1 hour'),
  ('free', null, null);
insert into graphile_worker._private_workers (id, last_heartbeat_at) values ('registered', now() - interval '1 year');

select results_eq(
  $$select o.worker_id from graphile_worker.list_orphan_locked_workers('5 minutes') as o$$,
  $$values ('a queue only'), ('both'), ('job only')$$,
  'holders of jobs or queues locked beyond the threshold, once each; not those that are registered, however stale'
);
select is_empty($$select * from graphile_worker.list_orphan_locked_workers('1 day')$$, 'a longer threshold: none');
select set_eq(
  $$select o.worker_id from graphile_worker.list_orphan_locked_workers(stale_threshold => '0') as o$$,
  $$values ('a queue only'), ('both'), ('job only'), ('just not'), ('young')$$,
  '0: whatever was locked before now'
);
select is(
  (select count(*) from graphile_worker._private_jobs where locked_by is not null), 6::bigint, 'nothing is unlocked'
);
select throws_ok(
  $$select * from graphile_worker.list_orphan_locked_workers(null)$$, 'GWBDU', null, 'GWBDU: no threshold'
);
select throws_ok(
  $$select * from graphile_worker.list_orphan_locked_workers('-1 s')$$, 'GWBDU', null, 'GWBDU: a negative threshold'
);
select throws_like(
  $$select * from graphile_worker.list_orphan_locked_workers('-1 s')$$, '%stale_threshold%', 'GWBDU names the argument'
);

select * from finish();
