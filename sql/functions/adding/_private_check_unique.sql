create or replace function @extschema@._private_check_unique(unique_key text, within interval, until text)
returns void
language plpgsql immutable
as $$
begin
  if unique_key is null or length(unique_key) not between 1 and 512 then
    raise exception using
      errcode = 'GWBUQ',
      message = format(
        'bad unique key %s (%s characters)',
        coalesce(quote_literal(left(unique_key, 60)), 'null'), coalesce(length(unique_key), 0)
      ),
      hint = 'A unique key has 1 to 512 characters; unique_key() makes one of a payload.';
  end if;
  if within <= interval '0' or within > interval '1000 years' then
    raise exception using
      errcode = 'GWBUQ',
      message = format('bad within %L', within),
      hint = 'within is an interval of more than 0, up to 1000 years, such as ''1 hour''; null for no period.';
  end if;
  if until is null or until not in ('started', 'ended', 'completed') then
    raise exception using
      errcode = 'GWBUQ',
      message = format('bad until %s', coalesce(quote_literal(until), 'null')),
      hint = 'until is started, ended or completed.';
  end if;
end;
$$;

comment on function @extschema@._private_check_unique(text, interval, text) is
$$Internal. Raises GWBUQ for a unique key, within or until of add_unique_job that is out of bounds.$$;
