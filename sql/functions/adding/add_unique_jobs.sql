create or replace function @extschema@.add_unique_jobs(
  specs @extschema@.job_spec[],
  unique_keys text[] default null,
  within interval default null,
  until text default 'ended'
) returns table (job_id bigint, is_new boolean)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
declare
  v_keys text[];
  v_first record;
  v_firsts bigint[];
  v_held @extschema@._private_uniques[];
  v_new_ordinals bigint[];
  v_new_ids bigint[];
begin
  if cardinality(specs) = 0 or specs is null then
    return;
  end if;
  if cardinality(unique_keys) <> cardinality(specs) then
    raise exception using
      errcode = 'GWBAL',
      message = format('%s specs, but %s unique keys', cardinality(specs), cardinality(unique_keys)),
      hint = 'There is a key per job; null as a whole, or in place of one, for that of the payload.';
  end if;
  perform @extschema@._private_check_job(
    identifier => s.identifier, queue_name => s.queue_name, max_attempts => s.max_attempts, job_key => null,
    priority => s.priority, flags => s.flags
  )
  from unnest(specs) as s;
  if exists (select from unnest(specs) as s where s.job_key is not null) then
    raise exception using
      errcode = 'GWBUQ',
      message = format(
        'job key %L of a unique job', (select s.job_key from unnest(specs) as s where s.job_key is not null limit 1)
      ),
      hint = 'A job has a job key or a unique key: what the first replaces the second leaves as it is.';
  end if;
  v_keys := array(
    select coalesce(s.key, @extschema@.unique_key(payload => s.payload))
    from rows from (unnest(specs), unnest(unique_keys)) with ordinality as s (
      identifier, payload, queue_name, run_at, max_attempts, job_key, priority, flags, key, ordinal
    )
    order by s.ordinal
  );
  perform @extschema@._private_check_unique(unique_key => k.key, within => within, until => until)
  from unnest(v_keys) as k (key);

  -- Tasks, then queues, in name order, then keys in their order, then jobs in id order: so no two calls can wait for
  -- each other.
  perform @extschema@._private_task_id(t.identifier)
  from (select distinct s.identifier from unnest(specs) as s order by s.identifier) as t;
  perform @extschema@._private_queue_id(q.queue_name)
  from (select distinct s.queue_name from unnest(specs) as s where s.queue_name is not null order by s.queue_name) as q;
  for v_first in
    select distinct on (s.identifier collate "C", s.key collate "C") s.identifier, s.key, s.ordinal
    from rows from (unnest(specs), unnest(v_keys)) with ordinality as s (
      identifier, payload, queue_name, run_at, max_attempts, job_key, priority, flags, key, ordinal
    )
    order by s.identifier collate "C", s.key collate "C", s.ordinal
  loop
    v_firsts := v_firsts || v_first.ordinal;
    v_held := v_held || @extschema@._private_hold_unique(identifier => v_first.identifier, unique_key => v_first.key);
  end loop;

  select array_agg(f.ordinal order by f.ordinal) into v_new_ordinals
  from unnest(v_firsts) with ordinality as f (ordinal, place)
  inner join unnest(v_held) with ordinality as u (
    task_identifier, unique_key, job_id, added_at, expires_at, look_at, place
  ) on u.place = f.place
  left join @extschema@._private_unique_states(
    job_ids => array(select h.job_id from unnest(v_held) as h where h.job_id is not null)
  ) as s on s.job_id = u.job_id
  where
    u.job_id is null
    or not @extschema@._private_is_duplicate(
      state => s.state, added_at => u.added_at, expires_at => u.expires_at, within => within, until => until
    );
  if v_new_ordinals is not null then
    v_new_ids := array(
      select j.id
      from @extschema@.add_jobs(
        specs => array(
          select row(
            s.identifier, s.payload, s.queue_name, s.run_at, s.max_attempts, null, s.priority, s.flags
          )::@extschema@.job_spec
          from unnest(specs) with ordinality as s (
            identifier, payload, queue_name, run_at, max_attempts, job_key, priority, flags, ordinal
          )
          inner join unnest(v_new_ordinals) as n (ordinal) on s.ordinal = n.ordinal
          order by s.ordinal
        )
      ) with ordinality as j
      order by j.ordinality
    );
    update @extschema@._private_uniques as u
    set
      job_id = n.id,
      added_at = now(),
      expires_at = now() + coalesce(within, '0'),
      look_at = now() + greatest(within, '1 minute')
    from rows from (unnest(specs), unnest(v_keys)) with ordinality as s (
      identifier, payload, queue_name, run_at, max_attempts, job_key, priority, flags, key, ordinal
    )
    inner join unnest(v_new_ordinals, v_new_ids) as n (ordinal, id) on s.ordinal = n.ordinal
    where u.task_identifier = s.identifier and u.unique_key = s.key;
  end if;

  return query
  select u.job_id, n.ordinal is not null
  from rows from (unnest(specs), unnest(v_keys)) with ordinality as s (
    identifier, payload, queue_name, run_at, max_attempts, job_key, priority, flags, key, ordinal
  )
  inner join @extschema@._private_uniques as u on u.task_identifier = s.identifier and u.unique_key = s.key
  left join unnest(v_new_ordinals) as n (ordinal) on s.ordinal = n.ordinal
  order by s.ordinal;
end;
$$;

comment on function @extschema@.add_unique_jobs(@extschema@.job_spec[], text[], interval, text) is
$$Adds many unique jobs in one call, all or none, and returns a row per spec, in their order: see add_unique_job. Of
specs with the same task and key the first one counts. Specs have no job_key. unique_keys: one per spec, null for that
of the payload.

Two calls at once do not block each other for good, whatever the order of their specs.
Notifies: jobs:insert, once, when it adds. Locks: task and queue rows, for key share; then the rows of the keys, in
their order; then the jobs that wait, for key share, in id order.
Errors: GWBAL, GWBID, GWBQN, GWBMA, GWBPR, GWBFL, GWBUQ, GWNOR, GWBNS.$$;
