-- Everything about the job with a key.
select plan(6);

create temp table added as
select (graphile_worker.add_job('t', '{"a":2}', 'q', job_key => 'k', flags => '{red}')).id;
select graphile_worker.add_job('t', '{"key": "k"}', job_key => 'K');
select results_eq(
  $$select f::text from graphile_worker.find_job('k') as f$$,
  $$select s::text from added as a, graphile_worker.show_job(a.id) as s$$,
  'what show_job shows'
);
select is((select f.key from graphile_worker.find_job('K') as f), 'K', 'the very key');
select is_empty($$select * from graphile_worker.find_job('no such')$$, 'no such key: no row');
select is_empty('select * from graphile_worker.find_job(null)', 'null: no row');
select graphile_worker.get_jobs('w', max_jobs => 5);
select is((select f.job_state from graphile_worker.find_job('k') as f), 'locked', 'one that runs');
select graphile_worker.remove_job('k');
select is_empty($$select * from graphile_worker.find_job('k')$$, 'it has lost its key');

select * from finish();
