create or replace function @extschema@._private_queue_id(queue_name text) returns integer
language plpgsql volatile
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
declare
  v_id integer;
begin
  if queue_name is null then
    return null;
  end if;
  -- Cleanup can take the row away between the two statements, but not time after time.
  for v_try in 1..100 loop
    -- The lock keeps cleanup from removing the row before the job that refers to it is committed.
    select q.id into v_id
    from @extschema@._private_job_queues as q
    where q.queue_name = _private_queue_id.queue_name
    for key share;
    if found then
      return v_id;
    end if;
    -- Only when it is missing: every insert, even one that meets a conflict, uses up a number.
    insert into @extschema@._private_job_queues (queue_name)
    values (_private_queue_id.queue_name)
    on conflict do nothing
    returning id into v_id;
    if found then
      return v_id;
    end if;
  end loop;
  return null;
end;
$$;

comment on function @extschema@._private_queue_id(text) is
$$Internal. The id of a queue (null for null), which is made when it is missing and kept from cleanup until the
transaction ends. Locks: the queue row, for key share.$$;
