create or replace function @extschema@.add_jobs(
  specs @extschema@.job_spec[],
  job_key_preserve_run_at boolean default false
) returns setof @extschema@._private_jobs
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_mode text := case when job_key_preserve_run_at then 'preserve_run_at' else 'replace' end;
  v_ordinals bigint[];
  v_ids bigint[];
  v_count bigint;
  v_specs @extschema@.job_spec[] := specs;
begin
  if cardinality(specs) = 0 or specs is null then
    return;
  end if;
  -- One cheap look at all of them; the function with the messages only runs when there is something to say.
  if exists (
    select from unnest(specs) as s
    where
      s.identifier is null
      or length(s.identifier) not between 1 and 128
      or length(s.queue_name) not between 1 and 128
      or s.max_attempts < 1
      or length(s.job_key) not between 1 and 512
      or array_ndims(s.flags) > 1
      or array_position(s.flags, null) is not null
      or '' = any(s.flags)
      or s.flags::text like E'%graphile\\_worker:%'
  ) then
    perform @extschema@._private_check_job(
      identifier => s.identifier, queue_name => s.queue_name, max_attempts => s.max_attempts, job_key => s.job_key,
      priority => s.priority, flags => s.flags
    )
    from unnest(specs) as s;
  end if;

  if exists (select from @extschema@._private_rooms as r where r.room = 'policies') then
    v_specs := @extschema@._private_fill_in_specs(specs => specs);
  end if;

  -- In name order, so that two sessions that make the same tasks and queues wait for each other in one direction.
  perform @extschema@._private_task_id(t.identifier)
  from (select distinct s.identifier from unnest(specs) as s order by s.identifier) as t;
  perform @extschema@._private_queue_id(q.queue_name)
  from (select distinct s.queue_name from unnest(specs) as s where s.queue_name is not null order by s.queue_name) as q;

  if not exists (select from unnest(specs) as s where s.job_key is not null) then
    return query
    insert into @extschema@._private_jobs as j
    (task_id, payload, job_queue_id, run_at, max_attempts, priority, flags)
    select s.task_id, s.payload, s.queue_id, s.run_at, s.max_attempts, s.priority, s.flags
    from @extschema@._private_resolve_specs(v_specs) as s
    order by s.ordinal
    returning j.*;
  else
    with inserted as (
      insert into @extschema@._private_jobs as j
      (task_id, payload, job_queue_id, run_at, max_attempts, priority, flags)
      select s.task_id, s.payload, s.queue_id, s.run_at, s.max_attempts, s.priority, s.flags
      from @extschema@._private_resolve_specs(v_specs) as s
      where s.job_key is null
      order by s.ordinal
      returning j.id
    )
    select array_agg(i.id order by i.id) into v_ids from inserted as i;
    v_ordinals := array(
      select s.ordinal from @extschema@._private_resolve_specs(v_specs) as s where s.job_key is null order by s.ordinal
    );

    -- Before the statement that reads the rows: one statement does not see what it changes.
    select v_ordinals || array_agg(k.ordinal), v_ids || array_agg(k.id)
    into v_ordinals, v_ids
    from @extschema@._private_add_keyed_jobs(specs => v_specs, job_key_mode => v_mode) as k;
    return query
    select j.*
    from unnest(v_ordinals, v_ids) as r (ordinal, id)
    inner join @extschema@._private_jobs as j on j.id = r.id
    order by r.ordinal;
  end if;
  get diagnostics v_count = row_count;
  if v_count < cardinality(specs) then
    raise exception using
      errcode = 'GWNOR',
      message = format('adding %s jobs gave %s rows', cardinality(specs), v_count),
      hint = 'Look for triggers or rules on the jobs table.';
  end if;

  perform @extschema@._private_notify(job_count => cardinality(specs));
end;
$$;

comment on function @extschema@.add_jobs(@extschema@.job_spec[], boolean) is
$$Adds many jobs in one call, all or none, and returns a row per spec, in the order of the specs. The attributes of a
spec mean what the arguments of add_job mean, null included. A key that exists is replaced; job_key_preserve_run_at
keeps the run_at of those not attempted yet. A key that stands twice in one call is handled twice, in order.

Notifies: jobs:insert, once, unless the setting graphile_worker.notify says otherwise. Locks: task and queue rows, for
key share; the jobs that have the keys, in id order. Errors: GWBID, GWBQN, GWBMA, GWBKY, GWBFL, GWNOR, GWBNS.$$;
