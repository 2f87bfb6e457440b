-- A round: what became of jobs goes in, new jobs come out. test__private_hand_in has what is recorded of outcomes,
-- test_get_jobs what is claimed.
select plan(42);

create function pg_temp.add(variadic keys text[]) returns void language sql as $$
  select graphile_worker.add_job(
    't', '[1]', case when k like 'q%' then 'q' end, job_key => k, max_attempts => case when k = 'last' then 1 end
  )
  from unnest(keys) as k
$$;
create function pg_temp.id(key text) returns bigint[] language sql as $$
  select array[j.id] from graphile_worker._private_jobs as j where j.key = id.key
$$;
create function pg_temp.state(key text) returns text language sql as $$
  select concat_ws(' ', coalesce(j.locked_by, 'free'), j.attempts, j.last_error)
  from graphile_worker._private_jobs as j where j.key = state.key
$$;

select pg_temp.add('a', 'b', 'c');
select results_eq(
  $$select r.kind, r.key, r.error from graphile_worker.worker_round('w', max_jobs => 2) as r$$,
  $$values ('job', 'a', null::text), ('job', 'b', null)$$,
  'only claims, in order'
);
select results_eq(
  $$select r.kind, r.key from graphile_worker.worker_round('w', pg_temp.id('a'), max_jobs => 2) as r$$,
  $$values ('job', 'c')$$,
  'what is done as it should has no row; what is claimed has'
);
select is(pg_temp.state('a'), null, 'it is gone');
select is_empty($$select from graphile_worker.worker_round('w', pg_temp.id('b'), max_jobs => 0)$$, 'only hands in');
select is(pg_temp.state('b'), null, 'that is done, too');
select is_empty($$select from graphile_worker.worker_round('w', max_jobs => 0)$$, 'nothing at all');
select is_empty(
  $$select from graphile_worker.worker_round('w', '{}', '{}', '{}', '{}', '{}', '{}', '{}', max_jobs => 0)$$,
  'nothing, in as many words'
);
select is_empty($$select from graphile_worker.worker_round('v')$$, 'nothing to claim');
create function pg_temp.never() returns trigger language plpgsql as $$ begin raise 'it ran'; end $$;
create trigger never before update on graphile_worker._private_jobs for each statement execute function pg_temp.never();
select is_empty($$select from graphile_worker.worker_round('v')$$, 'nothing to claim, nothing to update');
drop trigger never on graphile_worker._private_jobs;
select pg_temp.add('same');
create temp table got as select row_to_json(g)::jsonb as job from graphile_worker.get_jobs('w') as g;
select graphile_worker.return_jobs('w', pg_temp.id('same'));
select results_eq(
  $$select g.job || '{"kind": "job", "error": null}' from got as g$$,
  $$select row_to_json(r)::jsonb from graphile_worker.worker_round('w') as r$$,
  'a job as get_jobs returns it'
);
select graphile_worker.worker_round('w', pg_temp.id('same') || pg_temp.id('c'), max_jobs => 0);

-- Failures, and what is not this worker's any more -------------------------------------------------------------------

select pg_temp.add('bad', 'last', 'back', 'cut', 'lost', 'q1', 'q2');
select graphile_worker.get_jobs('w', max_jobs => 100);
update graphile_worker._private_jobs set locked_by = 'other' where key = 'lost';
create temp table answer as
select r.kind, coalesce(r.key, j.key) as key, r.error
from (select j.id, j.key from graphile_worker._private_jobs as j) as j
right join graphile_worker.worker_round(
  'w', completed => pg_temp.id('lost') || pg_temp.id('q1') || pg_temp.id('q1') || array[-1, null]::bigint[],
  failed => pg_temp.id('bad') || pg_temp.id('last'), error_messages => array['boom', 'bang'],
  returned => pg_temp.id('back'), interrupted => pg_temp.id('cut'), max_jobs => 10
) as r on r.id = j.id;
select set_eq(
  $$select a.kind, a.key, a.error from answer as a$$,
  $$values
    ('retry', 'bad', null::text), ('failed', 'last', null), ('lost', 'lost', null), ('lost', null, null),
    ('job', 'back', null), ('job', 'q2', null)
  $$,
  'what is worth saying of each; what was given back, and the next of a queue that got free, can be claimed at once'
);
select is(pg_temp.state('bad'), 'free 1 boom', 'failed');
select is(pg_temp.state('last'), 'free 1 bang', 'for good');
select is(pg_temp.state('cut'), 'free 0', 'interrupted');
select is(pg_temp.state('lost'), 'other 1', 'somebody else''s is left alone');
select ok(
  (select j.run_at > now() + interval '29 seconds' from graphile_worker._private_jobs as j where j.key = 'cut'),
  'not at once: after 30 seconds'
);

-- What the database refuses ------------------------------------------------------------------------------------------

delete from graphile_worker._private_jobs;
select pg_temp.add('one', 'two', 'three', 'four');
create function pg_temp.refuse() returns trigger language plpgsql as $$
begin
  raise exception using message = 'no to ' || old.key, errcode = tg_argv[0];
end;
$$;
select graphile_worker.get_jobs('w', max_jobs => 3);
create constraint trigger no_delete after delete on graphile_worker._private_jobs
deferrable initially deferred for each row when (old.key = 'two') execute function pg_temp.refuse('P0001');
create trigger nothing before update or delete on graphile_worker._private_jobs
for each row when (old.key = 'three') execute function pg_temp.refuse('P0001');
create temp table refused as
select r.kind, coalesce(r.key, j.key) as key, r.error
from (select j.id, j.key from graphile_worker._private_jobs as j) as j
right join graphile_worker.worker_round('w', pg_temp.id('one') || pg_temp.id('two') || pg_temp.id('three')) as r
  on r.id = j.id;
select set_eq(
  $$select r.kind, r.key, r.error from refused as r$$,
  $$values ('retry', 'two', 'no to two'), ('refused', 'three', 'no to three'), ('job', 'four', null)$$,
  'each by itself, deferred or not, and the claim all the same'
);
select is(pg_temp.state('one'), null, 'the other is done');
select is(
  pg_temp.state('two'), 'free 1 the database refused to record its outcome: no to two',
  'one that can not be recorded has failed'
);
select is(pg_temp.state('three'), 'w 1', 'one that can not be touched stays locked');

create trigger later before delete on graphile_worker._private_jobs
for each row when (old.key = 'four') execute function pg_temp.refuse('40P01');
select throws_ok(
  $$select graphile_worker.worker_round('w', pg_temp.id('four'))$$, '40P01', null, 'what passes is raised'
);
select is(pg_temp.state('four'), 'w 1', 'and nothing is done');
select throws_ok(
  $$select graphile_worker.worker_round('w', pg_temp.id('four'), failed_tries => 4)$$, '40P01', null, 'so far'
);
savepoint tried;
select results_eq(
  $$select r.kind, r.error from graphile_worker.worker_round('w', pg_temp.id('four'), failed_tries => 5) as r$$,
  $$values ('retry', 'no to four')$$, 'after five tries it is the fault of the job'
);
rollback to tried;
create trigger never before update on graphile_worker._private_jobs
for each row when (old.key = 'four') execute function pg_temp.refuse('40001');
select results_eq(
  $$select r.kind, r.error from graphile_worker.worker_round('w', pg_temp.id('four'), failed_tries => 5) as r$$,
  $$values ('refused', 'no to four')$$, 'which may take no outcome at all'
);
rollback to tried;

-- What is refused without a word, or undone.
drop trigger later on graphile_worker._private_jobs;
drop trigger nothing on graphile_worker._private_jobs;
delete from graphile_worker._private_jobs where key = 'three';
select graphile_worker.add_job('t', job_key => k, run_at => now() + interval '1 hour')
from unnest(array['swallowed', 'no delete', 'undone', 'fine', 'gone']) as k;
update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w' where run_at > now();
create function pg_temp.swallow() returns trigger language plpgsql as $$
begin
  if old.key = 'undone' then
    new.locked_by := old.locked_by;
    return new;
  end if;
  return null;
end;
$$;
create trigger swallow before update on graphile_worker._private_jobs
for each row when (old.key in ('swallowed', 'undone')) execute function pg_temp.swallow();
create trigger swallow_delete before delete on graphile_worker._private_jobs
for each row when (old.key in ('swallowed', 'no delete')) execute function pg_temp.swallow();
update graphile_worker._private_jobs set locked_by = 'other' where key = 'gone';
create temp table swallowed as
select r.kind, j.key, r.error
from (select j.id, j.key from graphile_worker._private_jobs as j) as j
inner join graphile_worker.worker_round(
  'w', pg_temp.id('swallowed') || pg_temp.id('swallowed') || pg_temp.id('no delete') || pg_temp.id('fine'),
  failed => pg_temp.id('gone') || pg_temp.id('undone') || pg_temp.id('no delete'),
  error_messages => array['boom', 'boom', 'boom'], replacement_payloads => array['?', null, null],
  returned => pg_temp.id('swallowed'), interrupted => pg_temp.id('no delete'), max_jobs => 0
) as r on r.id = j.id;
select set_eq(
  $$select s.kind, s.key, s.error from swallowed as s$$,
  $$values
    ('refused', 'swallowed', 'something leaves its row as it is'),
    ('retry', 'no delete', 'something leaves its row as it is'),
    ('refused', 'undone', 'something leaves its row as it is'), ('lost', 'gone', null)
  $$,
  'what stays locked is not lost; what is lost is not refused, whatever may be wrong with it'
);
select is((select count(*) from swallowed), 4::bigint, 'one row for each, however often it is handed in');
select is(pg_temp.state('swallowed'), 'w 0', 'it stays locked');
select is(pg_temp.state('undone'), 'w 0', 'so does this one');
select is(
  pg_temp.state('no delete'), 'free 0 the database refused to record its outcome: something leaves its row as it is',
  'what can be updated has failed'
);
select is(pg_temp.state('fine'), null, 'the other is done');
select results_eq(
  $$select r.kind from graphile_worker.worker_round('w', pg_temp.id('gone') || pg_temp.id('gone'), max_jobs => 0) as r$$,
  $$values ('lost')$$,
  'once'
);
select results_eq(
  $$select r.kind from graphile_worker.worker_round('w', pg_temp.id('swallowed'), max_jobs => 0) as r$$,
  $$values ('refused')$$,
  'alone, too'
);
drop trigger swallow on graphile_worker._private_jobs;
drop trigger swallow_delete on graphile_worker._private_jobs;
drop trigger no_delete on graphile_worker._private_jobs;
delete from graphile_worker._private_jobs where key <> 'four';

-- The caller's own transaction.
set constraints all deferred;
create temp table own (id integer unique deferrable initially deferred);
insert into own values (1), (1);
select throws_ok(
  $$select graphile_worker.worker_round('w', pg_temp.id('four'))$$, '23505', null,
  'what the caller has deferred is no fault of a job''s'
);
select is(pg_temp.state('four'), 'w 1', 'nor becomes one');
delete from own;

-- What is no round ---------------------------------------------------------------------------------------------------

select throws_ok(format('select graphile_worker.worker_round(%s)', c.arguments), c.code, null, c.code || ': ' || c.name)
from (values
  ($$null, '{1}'$$, 'GWBWI', 'no worker id'),
  ($$'w', failed => '{1}'$$, 'GWBAL', 'a failure without a message'),
  ($$'w', interrupted => '{1}', interrupted_delay => '-1 s'$$, 'GWBDU', 'a delay that was'),
  ($$'w', interrupted => '{1}', interrupted_delay => '1001 years'$$, 'GWBDU', 'a delay that never ends'),
  ($$'w', max_jobs => null$$, 'GWBLM', 'no number of jobs'),
  ($$'w', now => 'infinity'$$, 'GWBTI', 'the end of time'),
  ($$'w', must_be_registered => true$$, 'GWNRG', 'a worker that is not registered')
) as c (arguments, code, name);

select * from finish();
