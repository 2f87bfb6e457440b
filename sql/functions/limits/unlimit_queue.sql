create or replace function @extschema@.unlimit_queue(queue_name text) returns boolean
language plpgsql volatile strict security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_kind constant text := case when queue_name like '%*' then 'pattern' else 'queue' end;
  v_name constant text := case when queue_name like '%*' then rtrim(queue_name, '*') else queue_name end;
begin
  delete from @extschema@._private_limits as l
  where l.kind = v_kind and l.name = v_name and l.origin = 'operator';
  if not found then
    return false;
  end if;
  -- More than one job may run in it still: the sweep takes this away when they have ended.
  insert into @extschema@._private_limits (kind, name, origin)
  values (v_kind, v_name, 'ended')
  on conflict do nothing;
  perform @extschema@._private_reopen_queues();
  perform @extschema@._private_notify(job_count => 1);
  return true;
end;
$$;

comment on function @extschema@.unlimit_queue(text) is
$$Takes back all that limit_queue has set for a queue or pattern: what workers have published holds again, if they have.
False when nothing was set. Notifies: jobs:insert. Locks: the limit; then queue rows in id order, passing over those in
use. Errors: GWBNS.$$;
