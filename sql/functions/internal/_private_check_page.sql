create or replace function @extschema@._private_check_page(
  row_limit integer,
  row_offset integer,
  max_rows integer
) returns void
language plpgsql immutable
as $$
begin
  -- Not so many that a sum of two of them is none that an integer can hold.
  if
    row_limit is null
    or row_limit not between 0 and 1000000000
    or row_offset is null
    or row_offset not between 0 and 1000000000
    or max_rows is null
    or max_rows not between 1 and 1000000000
  then
    raise exception using
      errcode = 'GWBLM',
      message = format(
        'bad limit %s, offset %s or number of rows to look at %s',
        coalesce(row_limit::text, 'null'),
        coalesce(row_offset::text, 'null'),
        coalesce(max_rows::text, 'null')
      ),
      hint = 'A limit and an offset are 0 or more, the rows to look at or to count 1 or more; none above 1000000000.';
  end if;
end;
$$;

comment on function @extschema@._private_check_page(integer, integer, integer) is
$$Internal. Raises GWBLM when the bounds of a page are null, negative or above 1000000000.$$;
