create or replace function @extschema@._private_time_zone(time_zone text) returns text
language plpgsql stable
as $$
declare
  -- Names that are abbreviations, too. As such PostgreSQL prefers them, and then they have no daylight saving time.
  v_names constant jsonb :=
    '{"CET": "Europe/Brussels", "MET": "Europe/Brussels", "EET": "Europe/Athens", "WET": "Europe/Lisbon"}'::jsonb;
begin
  if upper(time_zone) in ('UTC', 'ETC/UTC') then
    return 'UTC';
  elsif v_names ? upper(time_zone) then
    return v_names ->> upper(time_zone);
  end if;
  -- What PostgreSQL takes beside names: formulas, which count to the west, and abbreviations of one half of the year.
  if
    coalesce(time_zone, '') ~ '^[A-Za-z][A-Za-z_-]*(/[A-Za-z_-]+)*$'
    or upper(time_zone) ~ '^((ETC/)?GMT[+-]?[0-9]{1,2}|(EST5E|CST6C|MST7M|PST8P)DT)$'
  then
    if
      time_zone ~ '/' or upper(time_zone) in ('GMT', 'UCT', 'EST', 'MST', 'HST', 'ZULU')
      or not exists (select from pg_catalog.pg_timezone_abbrevs as a where a.abbrev = upper(time_zone))
    then
      begin
        perform timestamp '2000-01-01' at time zone time_zone;
        return time_zone;
      exception
        when invalid_parameter_value then null;
      end;
    end if;
  end if;
  raise exception using
    errcode = 'GWBTZ',
    message = format('unknown time zone %s', coalesce(quote_literal(left(time_zone, 100)), 'null')),
    hint = 'Write it as in Europe/Paris; the view pg_timezone_names has all names.';
end;
$$;

comment on function @extschema@._private_time_zone(text) is
$$Internal. The name by which `at time zone` finds a time zone. Raises GWBTZ when it is none: abbreviations of one half
of the year (CEST) and formulas (UTC+3, which means west) are no names.$$;
