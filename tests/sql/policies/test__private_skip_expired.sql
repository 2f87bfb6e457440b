-- Where a claim begins that passes over what has expired.
select plan(3);

select graphile_worker.add_job(k.task) from (values ('worker'), ('operator'), ('young'), ('other')) as k (task);
select graphile_worker.publish_task_policies('{"worker": {"expires_after": "1 hour"}, "operator": {"expires_after": "1 hour"},
  "young": {"expires_after": "3 hours"}}');
create function pg_temp.skipped() returns table (task text, ago interval, id bigint, kept bigint, expiry interval)
language sql as $$
  select t.identifier, now() - k.run_at, k.id, k.queue_id::bigint, e.expires_after
  from graphile_worker._private_skip_expired(
    array(
      select row(s.id, 7, now() - interval '2 hours', 99)::graphile_worker._private_position
      from graphile_worker._private_tasks as s
    ),
    now()
  ) as f
  cross join unnest(f.kept_starts) as k
  inner join graphile_worker._private_tasks as t on t.id = k.task_id
  left join unnest(f.task_ids, f.expiries) as e (task_id, expires_after) on e.task_id = t.id
$$;
select set_eq(
  'select * from pg_temp.skipped()',
  $$values ('worker', interval '1 hour', 0::bigint, 7::bigint, interval '1 hour'),
    ('operator', interval '1 hour', 0, 7, interval '1 hour'), ('young', interval '2 hours', 99, 7, null),
    ('other', interval '2 hours', 99, 7, null)$$,
  'behind what has expired, each task by its own time'
);
select graphile_worker.set_task_policy('operator', expires_after => '90 minutes');
select set_eq(
  $$select s.task, s.ago from pg_temp.skipped() as s where s.expiry is not null$$,
  $$values ('worker', interval '1 hour'), ('operator', interval '90 minutes')$$, 'an operator''s comes before'
);
delete from graphile_worker._private_task_policies;
select is((select count(s.expiry) from pg_temp.skipped() as s), 0::bigint, 'none');

select * from finish();
