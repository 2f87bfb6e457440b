create or replace function @extschema@._private_check_crontab(identifier text) returns void
language plpgsql immutable
as $$
begin
  if identifier is null or length(identifier) not between 1 and 128 then
    raise exception using
      errcode = 'GWBCI',
      message = format('bad crontab identifier %s', coalesce(quote_literal(left(identifier, 140)), 'null')),
      hint = 'The identifier of a crontab entry has 1 to 128 characters.';
  end if;
end;
$$;

comment on function @extschema@._private_check_crontab(text) is
$$Internal. Raises GWBCI when the identifier of a crontab entry is out of bounds.$$;
