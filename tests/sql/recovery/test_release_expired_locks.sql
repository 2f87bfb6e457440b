-- Jobs and queues that have been locked for too long are freed, whoever holds them.
select plan(25);

create temp table cases as
select c.name, c.queue, c.locked_for::interval, c.worker
from (values
  ('plain', null, '5 hours', 'dead'),
  ('just too long', null, '4 hours 1 microsecond', 'dead'),
  ('just not', null, '4 hours', 'old'),
  ('young', null, '1 minute', 'alive'),
  ('in queue', 'q', '5 hours', 'dead'),
  ('in young queue', 'r', '1 minute', 'alive')
) as c (name, queue, locked_for, worker);
select graphile_worker.add_job('t', queue_name => c.queue, job_key => c.name) from cases as c;
update graphile_worker._private_jobs as j
set locked_by = c.worker, locked_at = now() - c.locked_for, attempts = 2, updated_at = now() - c.locked_for
from cases as c
where c.name = j.key;
select graphile_worker.add_job('t', queue_name => 'q', job_key => 'behind');
-- A queue that was left locked though its job is done, and one that is not locked.
select graphile_worker._private_queue_id('left locked'), graphile_worker._private_queue_id('unlocked');
update graphile_worker._private_job_queues as q
set
  locked_by = case q.queue_name when 'r' then 'alive' else 'dead' end,
  locked_at = now() - case q.queue_name when 'r' then interval '1 minute' else interval '5 hours' end
where q.queue_name <> 'unlocked';
create temp table young as
select j::text as job
from graphile_worker._private_jobs as j where j.key in ('just not', 'young', 'in young queue', 'behind');

select is_empty(
  $$select from graphile_worker.get_jobs('w', max_jobs => 10)$$, 'before: a queue whose worker died has come to a stop'
);
create temp table released as
select j.key, r.job_id, r.queue_name, r.worker_id
from graphile_worker.release_expired_locks() as r
left join graphile_worker._private_jobs as j on j.id = r.job_id;
select set_eq(
  $$select r.key, r.queue_name, r.worker_id from released as r$$,
  $$values
    ('plain', null, 'dead'), ('just too long', null, 'dead'), ('in queue', 'q', 'dead'), (null, 'left locked', 'dead')
  $$,
  'told: each job with its queue and the worker that held it, and queues that were locked for no such job'
);
select is((select count(*) from released), 4::bigint, 'once each');
select is(
  (select r.job_id from released as r where r.queue_name = 'left locked'), null, 'a queue on its own has no job_id'
);
select results_eq(
  format(
    $$
      select j.locked_by, j.locked_at, j.is_available, j.attempts::int, j.updated_at, j.last_error
      from graphile_worker._private_jobs as j where j.key = %L
    $$,
    k.key
  ),
  $$values (null::text, null::timestamptz, true, 2, now(), null::text)$$,
  'free, the attempt counted: ' || k.key
)
from unnest(array['plain', 'just too long', 'in queue']) as k (key);
select set_eq(
  $$
    select j::text
    from graphile_worker._private_jobs as j where j.key in ('just not', 'young', 'in young queue', 'behind')
  $$,
  $$select y.job from young as y$$,
  'what has been locked for 4 hours at most is left alone'
);
select results_eq(
  $$
    select q.queue_name, q.locked_by, q.is_available
    from graphile_worker._private_job_queues as q order by q.queue_name
  $$,
  $$values ('left locked', null, true), ('q', null, true), ('r', 'alive', false), ('unlocked', null, true)$$,
  'the same for queues'
);
select is_empty($$select * from graphile_worker.release_expired_locks()$$, 'a second time: nothing left to do');
select results_eq(
  $$select g.key, g.attempts::int from graphile_worker.get_jobs('w', max_jobs => 10) as g where g.queue_name = 'q'$$,
  $$values ('in queue', 3)$$,
  'the queue goes on with the job that was interrupted'
);

update graphile_worker._private_jobs
set locked_by = 'w', locked_at = now() - interval '4 hours' - case when key = 'young' then interval '1 us' else '0' end;
select results_eq(
  $$
    select j.key
    from graphile_worker.release_expired_locks(null) as r
    inner join graphile_worker._private_jobs as j on j.id = r.job_id
  $$,
  $$values ('young')$$,
  'null: as if it were left out'
);

-- Other ages.
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now() - interval '30 seconds';
update graphile_worker._private_job_queues set locked_by = null, locked_at = null;
select is_empty(
  $$select * from graphile_worker.release_expired_locks(max_age => '30 seconds')$$,
  'max_age: not those of just that age'
);
select is(
  (select count(*) from graphile_worker.release_expired_locks('29 seconds') as r where r.job_id is not null),
  (select count(*) from graphile_worker._private_jobs), 'max_age: but those beyond it'
);
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now() - interval '1 microsecond';
select isnt_empty(
  $$select * from graphile_worker.release_expired_locks('0')$$, '0 frees whatever was locked before now'
);
select throws_ok(
  $$select * from graphile_worker.release_expired_locks('-1 s')$$, 'GWBDU', null, 'GWBDU: a negative age'
);
select throws_like(
  $$select * from graphile_worker.release_expired_locks('-1 s')$$, '%max_age%-00:00:01%', 'GWBDU names the value'
);

-- A job that went by another way than a hand-in leaves its queue locked: by somebody who lives, and who does not.
select graphile_worker.worker_heartbeat('living');
select graphile_worker.add_job('t', queue_name => k.key, job_key => k.key) from (values ('gone'), ('at work')) as k (key);
update graphile_worker._private_jobs set locked_by = 'living', locked_at = now() - interval '5 hours'
where key in ('gone', 'at work');
update graphile_worker._private_job_queues set locked_by = 'living', locked_at = now() - interval '5 hours'
where queue_name in ('gone', 'at work');
delete from graphile_worker._private_jobs where key = 'gone';
select is_empty(
  format($$select from graphile_worker.release_expired_locks(dry_run => %L) as r where r.worker_id = 'living'$$, d.dry_run),
  'what a living worker holds is left alone, a queue for no job, too; dry_run: ' || d.dry_run
)
from unnest(array[true, false]) as d (dry_run);
select set_eq(
  $$select q.queue_name, q.locked_by from graphile_worker._private_job_queues as q where q.locked_by = 'living'$$,
  $$values ('gone', 'living'), ('at work', 'living')$$, 'both are still locked'
);
update graphile_worker._private_workers set last_heartbeat_at = now() - interval '6 minutes' where id = 'living';
select set_eq(
  format(
    $$
      select r.queue_name, r.job_id is null from graphile_worker.release_expired_locks(dry_run => %L) as r
      where r.worker_id = 'living'
    $$,
    d.dry_run
  ),
  $$values ('gone', true), ('at work', false)$$, 'once it is silent they are freed; dry_run: ' || d.dry_run
)
from unnest(array[true, false]) as d (dry_run);

-- One row that does not let itself be changed.
create function pg_temp.refuse() returns trigger language plpgsql as $$
begin
  raise exception 'not this one';
end;
$$;
select graphile_worker.add_job('t', job_key => k.key) from (values ('bad'), ('good')) as k (key);
update graphile_worker._private_jobs set locked_by = 'dead', locked_at = now() - interval '5 hours'
where key in ('bad', 'good');
create trigger refuse before update on graphile_worker._private_jobs
for each row when (old.key = 'bad') execute function pg_temp.refuse();
select set_eq(
  $$
    select j.key from graphile_worker.release_expired_locks() as r
    inner join graphile_worker._private_jobs as j on j.id = r.job_id
  $$,
  $$values ('good')$$, 'holds up no other'
);
insert into graphile_worker._private_job_queues (queue_name, locked_by, locked_at)
select q.name, 'dead', now() - interval '5 hours' from unnest(array['bad', 'good']) as q (name);
create trigger refuse before update on graphile_worker._private_job_queues
for each row when (old.queue_name = 'bad') execute function pg_temp.refuse();
select results_eq(
  $$select r.job_id, r.queue_name, r.worker_id from graphile_worker.release_expired_locks() as r$$,
  $$values (null::bigint, 'good', 'dead')$$, 'nor does a queue'
);
select set_eq(
  $$select q.queue_name from graphile_worker._private_job_queues as q where q.locked_by = 'dead'$$, $$values ('bad')$$,
  'which stays locked'
);

select * from finish();
