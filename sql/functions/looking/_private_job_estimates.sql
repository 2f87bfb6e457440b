create or replace function @extschema@._private_job_estimates() returns table (
  ready bigint,
  scheduled bigint,
  locked bigint,
  failed bigint
)
language plpgsql stable
as $$
declare
  c_pages constant integer := 200;
  v_total double precision;
  v_available double precision;
  v_due double precision;
begin
  v_total := @extschema@._private_planned_rows('jobs');
  v_available := v_total * @extschema@._private_index_share(
    index_name => 'jobs_main_index',
    otherwise => @extschema@._private_planned_rows('available jobs'),
    total => v_total
  );
  -- What part of them is due depends on what else lies in the table, of which statistics know nothing: so a look at a
  -- few pages, the same ones each time.
  select avg((j.run_at <= now())::integer) into v_due
  from @extschema@._private_jobs as j
  tablesample system (
    least(100, 100.0 * c_pages * current_setting('block_size')::integer / greatest(
      pg_relation_size('@extschema@._private_jobs'), 1
    ))
  ) repeatable (0)
  where j.is_available;
  v_due := coalesce(v_due, 1);
  return query
  select
    (v_available * v_due)::bigint,
    (v_available * (1 - v_due))::bigint,
    (v_total * @extschema@._private_index_share(
      index_name => 'jobs_locked_index', otherwise => 0, total => v_total
    ))::bigint,
    (v_total * @extschema@._private_index_share(
      index_name => 'jobs_failed_index', otherwise => v_total - v_available, total => v_total
    ))::bigint;
end;
$$;

comment on function @extschema@._private_job_estimates() is
$$Internal. Roughly how many jobs are in each state: from the statistics that vacuum and analyze keep, the present size
of the table, and a look at 200 of its pages.$$;
