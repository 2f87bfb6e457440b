create or replace function @extschema@._private_queue_patterns(
  argument text,
  patterns text[],
  may_be_empty boolean
) returns text[]
language plpgsql immutable
as $$
declare
  v_pattern text;
begin
  if patterns is null then
    return null;
  end if;
  foreach v_pattern in array patterns loop
    if
      (
        (v_pattern <> '' or may_be_empty)
        and length(v_pattern) <= 129
        and position('*' in v_pattern) in (0, length(v_pattern))
      ) is not true
    then
      raise exception using
        errcode = 'GWBPT',
        message = format('bad pattern %s in %s', coalesce(quote_literal(v_pattern), 'null'), argument),
        hint = 'It is the name of a queue, or the beginning of names followed by *'
          || case when may_be_empty then '; empty for jobs without a queue.' else '.' end;
    end if;
  end loop;
  return array(
    select regexp_replace(regexp_replace(p.pattern, E'([\\\\%_])', E'\\\\\\1', 'g'), '[*]$', '%')
    from unnest(patterns) as p (pattern)
    where p.pattern <> ''
  );
end;
$$;

comment on function @extschema@._private_queue_patterns(text, text[], boolean) is
$$Internal. Patterns of names of queues as patterns of `like`, without the empty one, which stands for jobs without a
queue where it may; null for none. argument: what to call them. Raises GWBPT.$$;
