create or replace function @extschema@._private_tasks_due(
  task_ids integer[],
  now timestamptz,
  out due_task_ids integer[],
  out next_due timestamptz
)
language plpgsql stable
as $$
declare
  v_task_id integer;
  v_task_ids integer[];
  v_priority integer;
  v_plain_starts @extschema@._private_position[];
  v_queued_id bigint;
  v_next_due timestamptz;
  v_is_due boolean;
begin
  due_task_ids := '{}';
  -- All at once, as it is the rule that nothing is; then one by one.
  for v_round in 1..2 loop
    v_is_due := false;
    for v_task_id in select case when v_round = 2 then i.id end from unnest(task_ids) as i (id) loop
      v_task_ids := case when v_round = 1 then task_ids else array[v_task_id] end;
      v_priority := -32769;
      loop
        select p.priority, p.plain_starts, p.queued_id, p.next_due
        into v_priority, v_plain_starts, v_queued_id, v_next_due
        from @extschema@._private_next_priority(
          task_ids => v_task_ids, after_priority => v_priority, now => _private_tasks_due.now,
          hint_priority => null, hint_run_at => null, hint_id => null
        ) as p;
        exit when v_priority is null;
        v_is_due := v_plain_starts is not null or v_queued_id is not null;
        exit when v_is_due;
        next_due := least(next_due, v_next_due);
      end loop;
      exit when v_round = 1;
      if v_is_due then
        due_task_ids := due_task_ids || v_task_id;
      end if;
    end loop;
    exit when not v_is_due and v_round = 1;
  end loop;
end;
$$;

comment on function @extschema@._private_tasks_due(integer[], timestamptz) is
$$Internal. Which of these tasks have a job that is due, as far as indexes tell: all of them may be in queues that are
locked. next_due: when the first of the others has one; null for never. Locks nothing.$$;
