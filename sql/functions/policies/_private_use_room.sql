create or replace function @extschema@._private_use_room(room text) returns void
language plpgsql volatile
as $$
begin
  -- Before the row, so that nobody who could see it passes over it. What is rolled back costs a look, no more.
  if pg_sequence_last_value('@extschema@._private_rooms_used'::regclass) is null then
    perform nextval('@extschema@._private_rooms_used'::regclass);
  end if;
  -- The sweep can take the row away between the two statements, but not time after time.
  for v_try in 1..100 loop
    perform from @extschema@._private_rooms as r where r.room = _private_use_room.room for key share;
    exit when found;
    insert into @extschema@._private_rooms (room)
    values (_private_use_room.room)
    on conflict do nothing;
    exit when found;
  end loop;
end;
$$;

comment on function @extschema@._private_use_room(text) is
$$Internal. Says that a room is in use, before something is put into it, and keeps the sweep from saying otherwise until
the transaction ends. That some room was used is said for good, and at once. Locks: the room's row, for key share.$$;
