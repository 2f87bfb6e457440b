-- What a worker holds.
select plan(2);

select graphile_worker.add_job(t, queue_name => q) from (values ('t', null), ('u', 'q'), ('t', 'q'), ('v', null)) as c (t, q);
select is_empty('select graphile_worker._private_held_ids(''w'')', 'nothing');
update graphile_worker._private_jobs set locked_by = case when id % 4 = 0 then 'v' else 'w' end, locked_at = now()
where id % 4 <> 3;
select set_eq(
  'select graphile_worker._private_held_ids(''w'')',
  'select j.id from graphile_worker._private_jobs as j where j.locked_by = ''w''', 'of all tasks and queues'
);

select * from finish();
