create or replace function @extschema@._private_index_share(
  index_name text,
  otherwise double precision,
  total double precision
) returns double precision
language sql stable
as $$
  -- Both figures stem from the same vacuum or analyze; before the first one there are none.
  select coalesce(
    (
      select least(i.reltuples / t.reltuples, 1)::double precision
      from pg_class as i
      inner join pg_index as x on i.oid = x.indexrelid
      inner join pg_class as t on x.indrelid = t.oid
      where
        i.relname = _private_index_share.index_name
        and i.relnamespace = '@extschema@'::regnamespace
        and i.reltuples >= 0
        and t.reltuples > 0
    ),
    least(greatest(otherwise, 0) / greatest(total, 1), 1)
  )
$$;

comment on function @extschema@._private_index_share(text, double precision, double precision) is
$$Internal. The part of the jobs, 0 to 1, that a partial index holds, as of the last vacuum or analyze; without one,
otherwise / total.$$;
