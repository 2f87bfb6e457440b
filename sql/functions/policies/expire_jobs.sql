create or replace function @extschema@.expire_jobs(max_rows integer default 1000) returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_task_ids integer[];
  v_expiries interval[];
begin
  perform @extschema@._private_check_page(row_limit => nullif(max_rows, 0), row_offset => 0, max_rows => 1);
  if not exists (select from @extschema@._private_rooms as r where r.room = 'expiry') then
    return 0;
  end if;
  select array_agg(t.id), array_agg(p.expires_after) into v_task_ids, v_expiries
  from @extschema@._private_effective_policies(
    array(
      select e.task_identifier from @extschema@._private_task_policies as e where e.expires_after is not null
    )
  ) as p
  inner join @extschema@._private_tasks as t on t.identifier = p.task_identifier;
  return @extschema@._private_expire_tasks(
    task_ids => v_task_ids, expiries => v_expiries, now => now(), max_rows => expire_jobs.max_rows
  );
end;
$$;

comment on function @extschema@.expire_jobs(integer) is
$$Fails for good up to max_rows jobs that have not been claimed within the expires_after of their task's policy, counted
from run_at, and returns how many. Claims do so, too, with those they meet, and every sweep does.
Locks: job rows in id order, passing over those in use. Errors: GWBLM.$$;
