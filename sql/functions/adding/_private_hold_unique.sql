create or replace function @extschema@._private_hold_unique(identifier text, unique_key text)
returns @extschema@._private_uniques
language plpgsql volatile
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
declare
  v_unique @extschema@._private_uniques;
begin
  -- A sweep can take the row away between the two statements, but not time after time.
  for v_try in 1..100 loop
    select u.* into v_unique
    from @extschema@._private_uniques as u
    where u.task_identifier = identifier and u.unique_key = _private_hold_unique.unique_key
    for update;
    exit when found;
    -- Of two sessions that add a key at once, the second waits here for the first and then meets its row above.
    insert into @extschema@._private_uniques (task_identifier, unique_key)
    values (identifier, _private_hold_unique.unique_key)
    on conflict do nothing
    returning * into v_unique;
    exit when found;
  end loop;
  return v_unique;
end;
$$;

comment on function @extschema@._private_hold_unique(text, text) is
$$Internal. The row of a unique key, which is made when it is missing, and then without a job; nobody else adds a job
with this key before the transaction ends. Locks: that row; waits for a transaction that adds the same key.$$;
