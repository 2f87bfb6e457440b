create or replace function @extschema@._private_check_claim(
  worker_id text,
  max_jobs integer,
  now timestamptz,
  may_claim boolean
) returns void
language plpgsql immutable
as $$
begin
  perform @extschema@._private_check_worker_id(worker_id => _private_check_claim.worker_id);
  if max_jobs is null or max_jobs not between 1 and 1000000 then
    raise exception using
      errcode = 'GWBLM',
      message = format('bad max_jobs %s', coalesce(max_jobs::text, 'null')),
      hint = 'max_jobs is 1 to 1000000.';
  end if;
  if not isfinite(_private_check_claim.now) then
    raise exception using
      errcode = 'GWBTI',
      message = format('bad now %s', _private_check_claim.now),
      hint = 'now is a finite instant; null means the clock of the server.';
  end if;
  if not may_claim then
    raise exception using
      errcode = 'GWNRG',
      message = format('worker %L is not registered', worker_id),
      hint = 'Others took it for dead. It has to drop the jobs it held, and go on under a new id.';
  end if;
end;
$$;

comment on function @extschema@._private_check_claim(text, integer, timestamptz, boolean) is
$$Internal. Raises GWBWI, GWBLM, GWBTI, or GWNRG unless may_claim, for a claim that can't be made.$$;
