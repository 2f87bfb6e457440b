create or replace function @extschema@._private_check_isolation(name text) returns void
language plpgsql stable
as $$
begin
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception using
      errcode = 'GWISO',
      message = format('%s can not run at isolation level %s', name, current_setting('transaction_isolation')),
      hint = 'Call it at read committed: begin isolation level read committed; or, where a role or database has '
        || 'another default, set default_transaction_isolation to ''read committed'' first.';
  end if;
end;
$$;

comment on function @extschema@._private_check_isolation(text) is
$$Internal. Raises GWISO in a transaction whose statements don't see what others have committed meanwhile.$$;
