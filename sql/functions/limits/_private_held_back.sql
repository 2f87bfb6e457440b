create or replace function @extschema@._private_held_back(count_limit integer) returns bigint
language plpgsql stable
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
declare
  v_task_ids integer[];
begin
  if
    pg_sequence_last_value('@extschema@._private_rooms_used'::regclass) is null
    or not exists (select from @extschema@._private_rooms as r where r.room = 'task limits')
  then
    return 0;
  end if;
  v_task_ids := array(
    select t.id
    from @extschema@._private_tasks as t
    where exists (select from @extschema@._private_limits as l where l.kind = 'task' and l.name = t.identifier)
  );
  return (
    select coalesce(sum(a.ready), 0)::bigint
    from @extschema@._private_task_rooms(task_ids => v_task_ids, clock => clock_timestamp()) as r
    cross join lateral @extschema@._private_count_available(
      task_id => r.task_id, count_limit => _private_held_back.count_limit
    ) as a
    where r.room = 0
  );
end;
$$;

comment on function @extschema@._private_held_back(integer) is
$$Internal. How many jobs are due of tasks whose limit leaves no room, counted up to count_limit for each task.$$;
