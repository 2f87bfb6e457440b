-- What functions tell one another of jobs before they are claimed, as one array of these instead of one per column.
create type @extschema@._private_position as (
  task_id integer,
  queue_id integer,
  run_at timestamptz,
  id bigint
);

comment on type @extschema@._private_position is
$$Internal. Where a job stands in the order of claims within its priority (run_at, id), and of which task and queue it
is; queue_id is null for a job without one.$$;
