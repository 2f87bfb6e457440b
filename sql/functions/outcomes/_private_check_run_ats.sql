create or replace function @extschema@._private_check_run_ats(job_ids bigint[], run_ats timestamptz[]) returns void
language plpgsql immutable
as $$
begin
  if cardinality(run_ats) <> coalesce(cardinality(job_ids), 0) then
    raise exception using
      errcode = 'GWBAL',
      message = format(
        'got %s ids of jobs that are put off, and %s instants', coalesce(cardinality(job_ids), 0), cardinality(run_ats)
      ),
      hint = 'Give one instant (or null) per job id, or no array at all.';
  end if;
  perform @extschema@._private_check_instants(name => 'run_ats', instants => run_ats);
end;
$$;

comment on function @extschema@._private_check_run_ats(bigint[], timestamptz[]) is
$$Internal. Raises GWBAL when there is not an instant per job, GWBTI for one that is not finite; run_ats must not be
null.$$;
