-- What a worker decides of its jobs goes in with a round, and what was cancelled meanwhile ends.
select plan(9);

select graphile_worker.add_job('t', '[1]', job_key => k.key, max_attempts => 5)
from (values ('fails'), ('later'), ('given up'), ('not yet'), ('returned'), ('cancelled'), ('to be removed'), ('stuck')) as k (key);
create temp table named as select j.id, j.key from graphile_worker._private_jobs as j;
create function pg_temp.ids(variadic keys text[]) returns bigint[] language sql as $$
  select array_agg(n.id order by array_position(keys, n.key)) from named as n where n.key = any(keys)
$$;
create function pg_temp.round() returns table (kind text, key text, error text) language sql as $$
  select r.kind, n.key, r.error
  from graphile_worker.worker_round(
    'w', failed => pg_temp.ids('fails', 'later', 'given up', 'cancelled', 'stuck'), error_messages => '{a,b,c,d,e}',
    returned => pg_temp.ids('not yet', 'returned', 'to be removed'), max_jobs => 0,
    retry_ats => array[null, now() + interval '1 day', null, now(), null], given_up => array[null, false, true, false, true],
    returned_run_ats => array[now() + interval '2 days', null, now()]
  ) as r
  inner join named as n on n.id = r.id
$$;
create function pg_temp.rows() returns table (key text, attempts integer, due_in interval, error text) language sql as $$
  select n.key, j.attempts::integer, date_trunc('second', j.run_at - now()), j.last_error
  from graphile_worker._private_jobs as j inner join named as n on n.id = j.id where j.locked_at is null
$$;
select graphile_worker.get_jobs('w', max_jobs => 10);
select graphile_worker.cancel_jobs(pg_temp.ids('cancelled'), 'wrong file'),
  graphile_worker.cancel_jobs(pg_temp.ids('to be removed'), remove => true);
savepoint before;
select set_eq(
  'select * from pg_temp.round()',
  $$values ('retry', 'fails', null), ('retry', 'later', null), ('failed', 'given up', null), ('failed', 'cancelled', null),
    ('failed', 'stuck', null)$$,
  'told: what is tried again'
);
create temp table expected as
select * from (values
  ('fails', 1, interval '2 seconds', 'a'), ('later', 1, '1 day', 'b'), ('given up', 5, '2 seconds', 'c'),
  ('not yet', 0, '2 days', null), ('returned', 0, '0', null), ('cancelled', 5, '0', 'Cancelled: wrong file'),
  ('stuck', 5, '2 seconds', 'e')
) as e (key, attempts, due_in, error);
select set_eq('select * from pg_temp.rows()', 'select * from expected', 'each as it was decided');
rollback to before;

-- One by one, where something does not let one of them through.
create function pg_temp.refuse() returns trigger language plpgsql as $$
begin
  raise exception 'not this one';
end;
$$;
create trigger refuse before update on graphile_worker._private_jobs
for each row when (new.last_error = 'e') execute function pg_temp.refuse();
select set_eq(
  'select * from pg_temp.round()',
  $$values ('retry', 'fails', null), ('retry', 'later', null), ('failed', 'given up', null), ('failed', 'cancelled', null),
    ('failed', 'stuck', 'not this one')$$,
  'told: the same, and what is refused'
);
select set_eq(
  $$select * from pg_temp.rows() as r where r.key not in ('stuck', 'to be removed')$$, $$values
    ('fails', 1, interval '2 seconds', 'a'), ('later', 1, '1 day', 'b'), ('given up', 5, '2 seconds', 'c'),
    ('not yet', 0, '2 days', null), ('returned', 0, '0', null), ('cancelled', 5, '0', 'Cancelled: wrong file')$$,
  'each as it was decided'
);
select is(
  (select r.attempts from pg_temp.rows() as r where r.key = 'stuck'), 5, 'what is refused stays given up'
);
select is_empty($$select from pg_temp.rows() as r where r.key = 'to be removed'$$, 'what was to be removed is gone');

select throws_ok(
  format($$select graphile_worker.worker_round('w', failed => '{1,2}', error_messages => '{a,b}', %s)$$, c.arguments),
  c.code, null, c.code || ': ' || c.arguments
)
from (values ($$retry_ats => '{now}'$$, 'GWBAL'), ($$given_up => '{}'$$, 'GWBAL')) as c (arguments, code);

select throws_ok(
  $$select graphile_worker.worker_round('w', returned => '{1,2}', returned_run_ats => '{now}')$$, 'GWBAL', null,
  'GWBAL: fewer instants than jobs that are put off'
);

select * from finish();
