create or replace function @extschema@._private_planned_rows(what text) returns double precision
language plpgsql volatile
as $$
declare
  v_plan json;
begin
  -- Volatile only because explain is not allowed in others.
  case what
    when 'jobs' then
      execute 'explain (format json) select from @extschema@._private_jobs as j' into v_plan;
    when 'available jobs' then
      execute 'explain (format json) select from @extschema@._private_jobs as j where j.is_available' into v_plan;
    when 'queues' then
      execute 'explain (format json) select from @extschema@._private_job_queues as q' into v_plan;
  end case;
  return (v_plan #>> '{0,Plan,Plan Rows}')::double precision;
end;
$$;

comment on function @extschema@._private_planned_rows(text) is
$$Internal. How many rows the planner expects of the jobs, the available jobs, or the queues: it knows the present size
of a table, and how many rows a page had when it was last analyzed.$$;
