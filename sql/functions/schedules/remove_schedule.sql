create or replace function @extschema@.remove_schedule(identifier text) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_old @extschema@._private_schedules;
begin
  select s.* into v_old
  from @extschema@._private_schedules as s
  where s.identifier = remove_schedule.identifier
  for update;
  if not found then
    return false;
  elsif v_old.is_in_file then
    raise exception using
      errcode = 'GWROS',
      message = format('schedule %L stands in %s', identifier, concat_ws(':', v_old.file, v_old.line)),
      hint = format(
        'Take it out there and start its workers again, or pause it. When nobody has that crontab any more, '
        'publish_schedules(%L, ''[]'') says so.', v_old.file
      );
  end if;
  delete from @extschema@._private_schedules as s where s.identifier = remove_schedule.identifier;
  perform @extschema@._private_notify_schedules(identifier => identifier);
  return true;
end;
$$;

comment on function @extschema@.remove_schedule(text) is
$$Removes a schedule, also one that is no longer in the crontab it came from. False when there is none. Jobs that it has
added stay; once this returns it adds no more. Its last tick stays known (list_crontabs), so that setting it again does
not repeat that. Notifies: schedules:change. Locks: the schedule. Errors: GWROS: it stands in a crontab.$$;
