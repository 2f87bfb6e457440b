-- The first positions of each task.
select plan(5);

create function pg_temp.heads(quotas integer[], task_ids integer[] default '{1,2,3}') returns text language sql as $$
  select string_agg(h.task_id || ':' || h.queue_id, ' ')
  from unnest(graphile_worker._private_heads_in_quotas(
    array(
      select row(v.task_id, v.queue_id, now() + v.queue_id * interval '1 s', 100 - v.queue_id)::graphile_worker._private_position
      from (values (2, 13), (1, 11), (1, 14), (1, 12), (3, 15)) as v (task_id, queue_id)
    ),
    heads.task_ids, quotas
  )) as h
$$;
select is(pg_temp.heads('{null,null,null}'), '1:11 1:12 2:13 1:14 3:15', 'no bounds: in claim order');
select is(pg_temp.heads('{2,0,null}'), '1:11 1:12 3:15', 'so many of each');
select is(pg_temp.heads('{1,9}', '{1,2}'), '1:11 2:13', 'none of other tasks');
select is(pg_temp.heads('{0,0,0}'), null, 'none');
select is(graphile_worker._private_heads_in_quotas(null, '{1}', '{1}'), '{}', 'of none');

select * from finish();
