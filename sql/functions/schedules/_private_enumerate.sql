create or replace function @extschema@._private_enumerate(items text[]) returns text
language sql immutable
as $$
  select coalesce(nullif(array_to_string(items[:cardinality(items) - 1], ', '), '') || ' and ', '')
    || items[cardinality(items)]
$$;

comment on function @extschema@._private_enumerate(text[]) is
$$Internal. Items in words: "a", "a and b", "a, b and c"; null for none.$$;
