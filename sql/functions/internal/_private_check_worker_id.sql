create or replace function @extschema@._private_check_worker_id(worker_id text) returns void
language plpgsql immutable
as $$
begin
  if worker_id is null or worker_id = '' then
    raise exception using
      errcode = 'GWBWI',
      message = format('bad worker id %s', coalesce(quote_literal(worker_id), 'null')),
      hint = 'A worker id is a text that no other worker uses, such as graphile_worker_ and random hex digits.';
  end if;
end;
$$;

comment on function @extschema@._private_check_worker_id(text) is
$$Internal. Raises GWBWI when a worker id is null or empty.$$;
