-- Jobs as lists show them, by id.
select plan(2);

create temp table added as select (graphile_worker.add_job('t', '{"a": 1}', 'q', job_key => 'k')).id;
select graphile_worker.add_job('u');
select results_eq(
  $$
    select s.id, s.job_state, s.task_identifier, s.queue_name, s.key
    from added as a cross join graphile_worker._private_job_summaries(array[a.id, null, -1]) as s
  $$,
  $$select a.id, 'ready', 't', 'q', 'k' from added as a$$,
  'its state, and names in place of ids; ids that are none do nothing'
);
select is_empty($$select * from graphile_worker._private_job_summaries(null)$$, 'null: none');

select * from finish();
