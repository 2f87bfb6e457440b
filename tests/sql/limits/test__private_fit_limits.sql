-- What may be claimed of what was chosen.
select plan(8);

create function pg_temp.ids(variadic names text[]) returns integer[] language sql as $$
  select array(select t.id from graphile_worker._private_tasks as t where t.identifier = any(names))
$$;
create function pg_temp.fit(limited text[], weighed text[], limits_queues boolean, max_limited integer)
returns text language sql as $$
  select concat_ws(
    ' ',
    (select string_agg(j.payload #>> '{n}', ',' order by j.id) from graphile_worker._private_jobs as j where j.ctid = any(f.kept_ctids)),
    f.limited_count,
    (select string_agg(t.identifier, ',' order by t.identifier) from graphile_worker._private_tasks as t where t.id = any(f.closed_task_ids)),
    (select string_agg(q.queue_name, ',' order by q.queue_name) from graphile_worker._private_job_queues as q where q.id = any(f.left_queue_ids)),
    f.again_at > now(), case when f.is_capped then 'capped' end
  )
  from graphile_worker._private_fit_limits(
    pg_temp.ids(variadic limited), pg_temp.ids(variadic weighed), limits_queues,
    array(select j.ctid from graphile_worker._private_jobs as j), max_limited
  ) as f
$$;
select graphile_worker.add_job(t, json_build_object('n', t || n, 'w', n), queue_name => q)
from (values ('t', 1, null), ('t', 2, 'q'), ('t', 3, null), ('u', 1, null), ('v', 1, 'x')) as c (t, n, q);
select graphile_worker.limit_task('t', rate => 3, per => '1 hour', weight_by => 'w'), graphile_worker.limit_task('u', 5);
select is(pg_temp.fit('{t,u}', '{}', false, null), 't1,t2,t3,u1,v1 4', 'nothing says no');
select is(pg_temp.fit('{t,u}', '{}', false, 2), 't1,t2,v1 2 t,u capped', 'no more of those with limits');
select is(pg_temp.fit('{t,u}', '{}', false, 1), 't1,v1 1 t,u q capped', 'the queue of one that is left out');
select is(pg_temp.fit('{t,u}', '{t}', false, null), 't1,t2,u1,v1 3 t t', 'by weights: 1 and 2, and no 3; when');
select graphile_worker.limit_queue('x', 2);
select is(pg_temp.fit('{t,u}', '{}', true, 5), 't1,t2,t3,u1,v1 5 capped', 'all, and no more');
select is(pg_temp.fit('{t,u}', '{}', true, 2), 't1 1 t,u q,x capped', 'those in limited queues come first, but for what others stand before');
select is(pg_temp.fit('{u}', '{}', false, 3), 't1,t2,t3,v1 0 u capped', 'one that would not start before others');
select is(pg_temp.fit('{}', '{}', true, null), 't1,t2,t3,u1,v1 1', 'no task is limited');

select * from finish();
