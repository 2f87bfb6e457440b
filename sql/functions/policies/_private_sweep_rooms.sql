create or replace function @extschema@._private_sweep_rooms() returns void
language plpgsql volatile
as $$
declare
  v_room text;
  v_began constant timestamptz := clock_timestamp();
begin
  begin
    loop
      exit when @extschema@.expire_jobs(max_rows => 10000) < 10000;
      -- Claims pass over what is left.
      exit when clock_timestamp() > v_began + interval '1 second';
    end loop;
  exception
    when others or assert_failure then
      raise warning 'jobs that have expired can not be failed: %', sqlerrm;
  end;
  begin
    loop
      exit when @extschema@._private_sweep_uniques(max_rows => 10000) < 10000;
      -- What is left takes up room, and nothing else.
      exit when clock_timestamp() > v_began + interval '2 seconds';
    end loop;
  exception
    when others or assert_failure then
      raise warning 'unique keys can not be swept: %', sqlerrm;
  end;
  begin
    perform @extschema@._private_sweep_limits();
  exception
    when others or assert_failure then
      raise warning 'limits can not be swept: %', sqlerrm;
  end;
  -- Whoever puts something into a room holds its row until that is committed: what was put there before is seen below.
  for v_room in select r.room from @extschema@._private_rooms as r for update skip locked loop
    -- Rows without it: logical replication takes along no sequence, and tools for tests set them back.
    if pg_sequence_last_value('@extschema@._private_rooms_used'::regclass) is null then
      perform nextval('@extschema@._private_rooms_used'::regclass);
    end if;
    delete from @extschema@._private_rooms as r
    where
      r.room = v_room
      and case v_room
        when 'policies' then not exists (select from @extschema@._private_task_policies)
        when 'task limits' then not exists (select from @extschema@._private_limits as l where l.kind = 'task')
        when 'queue limits' then not exists (select from @extschema@._private_limits as l where l.kind <> 'task')
        when 'expiry'
          then not exists (select from @extschema@._private_task_policies as p where p.expires_after is not null)
        else false
      end;
  end loop;
exception
  when others or assert_failure then
    raise warning 'rooms can not be swept: %', sqlerrm;
end;
$$;

comment on function @extschema@._private_sweep_rooms() is
$$Internal. What a sweep does in the rooms, once it has taken back what dead workers held: fails jobs that have expired,
deletes unique keys that are over and what is left of limits and pauses, and says of rooms that are empty that they are
not in use. Raises nothing. Locks: job rows in id order, queue rows in id order, rows of unique keys, limits, pauses and
rooms, passing over those in use.$$;
