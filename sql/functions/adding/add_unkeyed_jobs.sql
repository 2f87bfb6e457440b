create or replace function @extschema@.add_unkeyed_jobs(
  identifiers text[],
  payloads json,
  queue_names text[] default null,
  run_ats timestamptz[] default null,
  max_attempts integer[] default null,
  priorities integer[] default null,
  flags json default null
) returns bigint[]
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_count integer;
  v_wrong record;
  v_tasks text[];
  v_task_ids integer[];
  v_only_task_id integer;
  v_queues text[];
  v_queue_ids integer[];
  v_max_attempts integer[];
  v_priorities integer[];
  v_only_max_attempts integer := 25;
  v_only_priority integer := 0;
  v_ids bigint[];
begin
  if json_typeof(payloads) is distinct from 'array' or json_typeof(flags) <> 'array' then
    raise exception using
      errcode = 'GWBAL',
      message = format('payloads is %s, flags %s', coalesce(json_typeof(payloads), 'null'), json_typeof(flags)),
      hint = 'Both are JSON arrays with an element per job; flags may be null.';
  end if;
  v_count := json_array_length(payloads);
  if v_count = 0 then
    return '{}'::bigint[];
  end if;
  select c.name, c.elements into v_wrong
  from (
    values
      -- One identifier may stand for all jobs.
      ('identifiers', coalesce(nullif(coalesce(cardinality(identifiers), 0), 1), v_count)),
      ('queue_names', nullif(cardinality(queue_names), 0)),
      ('run_ats', nullif(cardinality(run_ats), 0)),
      ('max_attempts', nullif(cardinality(max_attempts), 0)),
      ('priorities', nullif(cardinality(priorities), 0)),
      ('flags', json_array_length(flags))
  ) as c (name, elements)
  where c.elements <> v_count
  limit 1;
  if found then
    raise exception using
      errcode = 'GWBAL',
      message = format('%s payloads, but %s %s', v_count, v_wrong.elements, v_wrong.name),
      hint = 'Each array has an element per job, or is null; identifiers may have one for all.';
  end if;

  -- In name order, so that two sessions that make the same tasks and queues wait for each other in one direction.
  v_tasks := array(select distinct n.name from unnest(identifiers) as n (name) order by n.name);
  v_queues := array(
    select distinct n.name from unnest(queue_names) as n (name) where n.name is not null order by n.name
  );
  -- One cheap look at all of them; the function with the messages only runs when there is something to say.
  if
    flags is not null
    or exists (select from unnest(v_tasks) as n (name) where n.name is null or length(n.name) not between 1 and 128)
    or exists (select from unnest(v_queues) as n (name) where length(n.name) not between 1 and 128)
    or exists (select from unnest(max_attempts) as m (most) where m.most not between 1 and 32767)
    or exists (select from unnest(priorities) as p (priority) where p.priority not between -32768 and 32767)
  then
    perform @extschema@._private_check_job(
      identifier => case when cardinality(identifiers) = 1 then v_tasks[1] else s.identifier end,
      queue_name => s.queue_name, max_attempts => s.most_attempts, job_key => null, priority => s.priority,
      flags => case when json_typeof(s.flags) <> 'null' then array(select json_array_elements_text(s.flags)) end
    )
    from rows from (
      unnest(identifiers), unnest(queue_names), unnest(max_attempts), unnest(priorities),
      json_array_elements(add_unkeyed_jobs.flags)
    ) as s (identifier, queue_name, most_attempts, priority, flags);
  end if;

  v_task_ids := array(select @extschema@._private_task_id(n.name) from unnest(v_tasks) as n (name));
  v_queue_ids := array(select @extschema@._private_queue_id(n.name) from unnest(v_queues) as n (name));
  if exists (select from @extschema@._private_rooms as r where r.room = 'policies') then
    select array_agg(p.max_attempts order by n.place), array_agg(p.priority order by n.place)
    into v_max_attempts, v_priorities
    from unnest(v_tasks) with ordinality as n (name, place)
    left join @extschema@._private_effective_policies(v_tasks) as p on p.task_identifier = n.name;
  end if;
  if cardinality(identifiers) = 1 then
    v_only_task_id := v_task_ids[1];
    v_only_max_attempts := coalesce(v_max_attempts[1], 25);
    v_only_priority := coalesce(v_priorities[1], 0);
    v_tasks := '{}';
    v_task_ids := '{}';
  end if;

  with inserted as (
    insert into @extschema@._private_jobs as j
    (task_id, payload, job_queue_id, run_at, max_attempts, priority, flags)
    select
      coalesce(v_only_task_id, t.id),
      s.payload,
      q.id,
      coalesce(s.run_at, now()),
      coalesce(s.most_attempts, t.max_attempts, v_only_max_attempts),
      coalesce(s.priority, t.priority, v_only_priority),
      case
        when json_typeof(s.flags) <> 'null'
          then @extschema@._private_flags(array(select json_array_elements_text(s.flags)))
      end
    from rows from (
      json_array_elements(payloads), unnest(identifiers), unnest(queue_names), unnest(run_ats), unnest(max_attempts),
      unnest(priorities), json_array_elements(add_unkeyed_jobs.flags)
    ) with ordinality as s (
      payload, identifier, queue_name, run_at, most_attempts, priority, flags, ordinal
    )
    left join unnest(v_tasks, v_task_ids, v_max_attempts, v_priorities) as t (name, id, max_attempts, priority)
      on s.identifier = t.name
    left join unnest(v_queues, v_queue_ids) as q (name, id) on s.queue_name = q.name
    order by s.ordinal
    returning j.id
  )
  select array_agg(i.id order by i.id) into v_ids from inserted as i;
  if cardinality(v_ids) is distinct from v_count then
    raise exception using
      errcode = 'GWNOR',
      message = format('adding %s jobs gave %s rows', v_count, coalesce(cardinality(v_ids), 0)),
      hint = 'Look for triggers or rules on the jobs table.';
  end if;

  perform @extschema@._private_notify(job_count => v_count);
  return v_ids;
end;
$$;

comment on function @extschema@.add_unkeyed_jobs(
  text[], json, text[], timestamptz[], integer[], integer[], json
) is
$$Adds many jobs without a key in one call, all or none, and returns their ids in the order of the payloads: the
quickest way to add jobs, and where the driver's add_jobs ends when no job has a key.

payloads: a JSON array with the payload of each job; its elements are stored as they stand there. identifiers: the
task of each job, or one for all. The others have an element per job, null for the default that add_job has, or are
null as a whole. flags: a JSON array of arrays of texts.

Notifies: jobs:insert, once, unless the setting graphile_worker.notify says otherwise. Locks: task and queue rows, for
key share. Errors: GWBAL, GWBID, GWBQN, GWBMA, GWBPR, GWBFL, GWNOR, GWBNS.$$;
