-- What an action is about when nobody says.
select plan(2);

select results_eq(
  'select * from graphile_worker.list_default_states()',
  $$values ('retry', 'failed'), ('fail', 'waiting'), ('complete', 'all'), ('remove', 'all'), ('reschedule', 'all'),
    ('cancel', 'unfinished')$$,
  'an action and its state'
);
select is_empty(
  $$
    select d.action || '_matching_jobs' from graphile_worker.list_default_states() as d
    except
    select p.proname from pg_proc as p where p.pronamespace = 'graphile_worker'::regnamespace
  $$,
  'each of them has its function'
);

select * from finish();
