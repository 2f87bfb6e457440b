create or replace function @extschema@._private_claim_bounds(
  task_identifiers text[],
  task_names text[],
  max_jobs integer,
  only_queues text[],
  not_queues text[],
  max_per_task integer[],
  out only_patterns text[],
  out not_patterns text[],
  out takes_queued boolean,
  out quotas integer[]
)
language plpgsql stable
as $$
declare
  v_position integer;
begin
  takes_queued := true;
  if num_nonnulls(only_queues, not_queues) > 0 then
    only_patterns := @extschema@._private_queue_patterns(
      argument => 'only_queues', patterns => only_queues, may_be_empty => true
    );
    not_patterns := @extschema@._private_queue_patterns(
      argument => 'not_queues', patterns => not_queues, may_be_empty => false
    );
    takes_queued := @extschema@._private_named_queues(
      only_queues => only_patterns, not_queues => not_patterns, max_read => 2 * max_jobs + 20
    ) is distinct from '{}';
  end if;
  if max_per_task is null then
    return;
  end if;
  if cardinality(task_identifiers) is distinct from cardinality(max_per_task) then
    raise exception using
      errcode = 'GWBAL',
      message = format(
        'max_per_task has length %s, task_identifiers %s',
        cardinality(max_per_task), coalesce(cardinality(task_identifiers)::text, 'none')
      ),
      hint = 'Give one number per task, null for no bound.';
  end if;
  v_position := (
    select min(m.ordinal) from unnest(max_per_task) with ordinality as m (jobs, ordinal) where m.jobs < 0
  );
  if v_position is not null then
    raise exception using
      errcode = 'GWBLM',
      message = format('bad max_per_task %s of task %L', max_per_task[v_position], task_identifiers[v_position]),
      hint = 'It is 0 or more; null for no bound.';
  end if;
  quotas := (
    select array_agg(max_per_task[array_position(task_identifiers, n.name)] order by n.ordinal)
    from unnest(task_names) with ordinality as n (name, ordinal)
  );
end;
$$;

comment on function @extschema@._private_claim_bounds(text[], text[], integer, text[], text[], integer[]) is
$$Internal. What bounds a claim: the patterns of queues as _private_takes_queue has them, whether there is any such
queue (takes_queued), and how many jobs of each of task_names it may take, in that order, null for no bound; null where
max_per_task is. Raises GWBPT, GWBAL, GWBLM. Locks nothing.$$;
