create or replace function @extschema@._private_notify_schedules(identifier text) returns void
language plpgsql volatile
as $$
begin
  -- Who schedules looks once a minute as well.
  if current_setting('graphile_worker.notify', true) is distinct from 'off' then
    perform pg_notify('schedules:change', json_build_object('identifier', identifier)::text);
  end if;
end;
$$;

comment on function @extschema@._private_notify_schedules(text) is
$$Internal. Notifies schedules:change with {"identifier": ...}, so that whoever schedules looks when the next tick is;
not with graphile_worker.notify at off. identifier: of the schedule that has changed, or the file.$$;
