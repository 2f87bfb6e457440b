-- Jobs count against rates.
select plan(7);

create function pg_temp.count(rated text[], limits_queues boolean, variadic names text[]) returns text language sql as $$
  select concat_ws(
    ' ',
    (select string_agg(q.queue_name, ',' order by q.queue_name) from graphile_worker._private_job_queues as q where q.id = any(s.queue_ids)),
    s.again_at > now() + interval '5 minutes'
  )
  from graphile_worker._private_count_starts(
    (select array_agg(t.id) from graphile_worker._private_tasks as t where t.identifier = any(rated)), limits_queues,
    array(select j.ctid from graphile_worker._private_jobs as j where j.payload #>> '{n}' = any(names)), null
  ) as s
$$;
create function pg_temp.used() returns text language sql as $$
  select string_agg(
    concat_ws(' ', b.kind, b.name, nullif(b.queue_name, ''), round(extract(epoch from b.full_at - clock_timestamp()) / 60)), ', '
    order by b.kind
  )
  from graphile_worker._private_buckets as b
$$;
select graphile_worker.add_job(t, json_build_object('n', t || n, 'w', n), queue_name => q)
from (values ('t', 1, null), ('t', 2, 'q'), ('u', 1, 'q'), ('u', 2, 'x')) as c (t, n, q);
select is(pg_temp.count('{}', false, 't1', 'u1'), '', 'no rate');
select is(pg_temp.used(), null, 'nothing is written');
select graphile_worker.limit_task('t', rate => 6, per => '1 hour', weight_by => 'w'), graphile_worker.limit_queue('q*', 4, 3, '1 hour');
select is(pg_temp.count('{t}', false, 't1', 't2', 'u1'), '', 'three of six, by weights');
select is(pg_temp.used(), 'task t 30', 'half the bucket');
select is(pg_temp.count('{t}', true, 't1', 't2', 'u1', 'u2'), 'q,x t', 'both rates; the tasks'' is used up');
select is(pg_temp.used(), 'pattern q q 40, task t 60', 'two of three in the queue, all of the task');
select is(
  (
    select s.again_at is null from graphile_worker._private_count_starts(
      null, true, '{}', array(select j.id from graphile_worker._private_jobs as j where j.payload #>> '{n}' = 'u2')
    ) as s
  ), true, 'by id; a queue without a rate'
);

select * from finish();
