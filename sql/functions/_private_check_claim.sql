create or replace function @extschema@._private_check_claim(
  worker_id text,
  max_jobs integer,
  now timestamptz,
  must_be_registered boolean
) returns void
language plpgsql stable
as $$
begin
  perform @extschema@._private_check_worker_id(worker_id);
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
  -- No lock on that row: a sweep that comes just now is noticed at the next claim.
  if must_be_registered and not exists (
    select from @extschema@._private_workers as w
    where w.id = worker_id and not coalesce(w.metadata @> '{"swept": true}', false)
  ) then
    raise exception using
      errcode = 'GWNRG',
      message = format('worker %L is not registered', worker_id),
      hint = 'Others took it for dead. It has to drop the jobs it held, and go on under a new id.';
  end if;
end;
$$;

comment on function @extschema@._private_check_claim(text, integer, timestamptz, boolean) is
$$Internal. Raises GWBWI, GWBLM, GWBTI or GWNRG for a claim that can't be made.$$;
