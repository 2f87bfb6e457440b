-- Jobs are cancelled by id. In the midst of hand-ins: tests/py/concurrency/test_cancel.py.
select plan(15);

select graphile_worker.add_job('t', job_key => k.key)
from (values ('waits'), ('later'), ('held'), ('other')) as k (key);
update graphile_worker._private_jobs set run_at = now() + interval '1 hour' where key = 'later';
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now() where key = 'held';
create temp table named as select j.id, j.key from graphile_worker._private_jobs as j;
create function pg_temp.ids(variadic keys text[]) returns bigint[] language sql as $$
  select array_agg(n.id order by n.id) from named as n where n.key = any(keys)
$$;
savepoint before;
select results_eq(
  $$
    select c.id, c.outcome, c.worker_id
    from graphile_worker.cancel_jobs(array[null, -1, -1]::bigint[] || pg_temp.ids('waits', 'later', 'held'), 'wrong file') as c
  $$,
  $$select * from (values (-1, 'gone', null)) as g
    union all select n.id, case n.key when 'held' then 'asked' else 'failed' end, case n.key when 'held' then 'w' end
    from (select n.* from named as n where n.key <> 'other' order by n.id) as n$$,
  'told: what became of each'
);
select set_eq(
  $$select n.key, j.last_error, j.is_available, j.locked_by
    from graphile_worker._private_jobs as j inner join named as n on n.id = j.id$$,
  $$values
    ('waits', 'Cancelled: wrong file', false, null), ('later', 'Cancelled: wrong file', false, null),
    ('held', 'Cancelled: wrong file', false, 'w'), ('other', null, true, null)$$,
  'they have failed, or will have'
);
rollback to before;
select results_eq(
  $$select c.outcome from graphile_worker.cancel_jobs(pg_temp.ids('waits', 'held'), remove => true) as c order by 1$$,
  $$values ('asked'), ('removed')$$, 'to be removed'
);
select set_eq(
  'select n.key from graphile_worker._private_jobs as j inner join named as n on n.id = j.id',
  $$values ('later'), ('held'), ('other')$$, 'what waited is gone'
);
select is(
  (select c.outcome from graphile_worker.cancel_jobs(pg_temp.ids('waits')) as c), 'gone', 'and can not be cancelled again'
);
select is(
  (select c.outcome from graphile_worker.cancel_jobs(pg_temp.ids('later'), null, null) as c), 'failed', 'remove is null: no'
);
select set_eq(
  $$select graphile_worker.complete_jobs('w', pg_temp.ids('held'))$$, $$select unnest(pg_temp.ids('held'))$$,
  'one that was asked can be completed'
);
select is_empty($$select from graphile_worker.cancel_jobs('{}')$$, 'no id');
select is_empty($$select from graphile_worker.cancel_jobs(null)$$, 'null for no id');

-- A dry run says what is done then, and does nothing.
rollback to before;
update graphile_worker._private_jobs set attempts = max_attempts, last_error = 'e' where key = 'other';
create temp table rows_before as select j.* from graphile_worker._private_jobs as j;
create function pg_temp.cancel(remove boolean, dry_run boolean) returns table (id bigint, outcome text, worker_id text)
language sql as $$
  select c.* from graphile_worker.cancel_jobs(
    array[null, -1, -1]::bigint[] || pg_temp.ids('waits', 'later', 'held', 'other'), 'why', remove, dry_run
  ) as c
$$;
create temp table told as
select r.remove, c.* from (values (false), (true)) as r (remove) cross join lateral pg_temp.cancel(r.remove, true) as c;
select results_eq(
  'select j::text from graphile_worker._private_jobs as j order by j.id', 'select b::text from rows_before as b order by b.id',
  'a dry run changes nothing'
);
select results_eq(
  'select * from pg_temp.cancel(false, null)', 'select t.id, t.outcome, t.worker_id from told as t where not t.remove',
  'null is a dry run, too'
);
select is((select count(*) from told as t where t.outcome in ('failed', 'removed')), 6::bigint, 'it says what waits');
savepoint told;
select results_eq(
  'select * from pg_temp.cancel(false, false)', 'select t.id, t.outcome, t.worker_id from told as t where not t.remove',
  'it is what is done then'
);
rollback to told;
select results_eq(
  'select * from pg_temp.cancel(true, false)', 'select t.id, t.outcome, t.worker_id from told as t where t.remove',
  'to be removed, too'
);
select is((select count(*) from told as t where t.outcome = 'asked' and t.worker_id = 'w'), 2::bigint, 'who is asked');

select * from finish();
