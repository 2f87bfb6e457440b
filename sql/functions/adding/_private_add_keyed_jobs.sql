create or replace function @extschema@._private_add_keyed_jobs(
  specs @extschema@.job_spec[],
  job_key_mode text
) returns table (ordinal bigint, id bigint)
language plpgsql volatile
as $$
declare
  v_keys text[] := array(select distinct s.job_key from unnest(specs) as s where s.job_key is not null);
  v_spec record;
  v_job @extschema@._private_jobs;
  v_locked_count bigint;
  v_new_ordinals bigint[];
  v_new_ids bigint[];
begin
  -- Missing keys are inserted in key order while no job row is locked, then all the rows are locked in id order, as
  -- every call that locks several jobs does. In this order only: who waits for a key holds nothing but new rows,
  -- which nobody but others on their way through the keys can wait for. When a row went in between (done, removed,
  -- or its key moved on), the savepoint gives everything back and it starts anew.
  <<attempt>>
  for v_round in 1..101 loop
    if v_round = 101 then
      raise exception using
        errcode = 'GWNOR',
        message = 'adding jobs with keys gave no rows',
        hint = 'Look for triggers or rules on the jobs table.';
    end if;
    begin
      with firsts as (
        select distinct on (s.job_key) s.*
        from @extschema@._private_resolve_specs(specs) as s
        where s.job_key is not null
        order by s.job_key, s.ordinal
      ), inserted as (
        insert into @extschema@._private_jobs as j
        (task_id, payload, job_queue_id, run_at, max_attempts, key, priority, flags)
        select f.task_id, f.payload, f.queue_id, f.run_at, f.max_attempts, f.job_key, f.priority, f.flags
        from firsts as f
        -- A probe per key, written so that it cannot become a join that reads all jobs.
        where (select true from @extschema@._private_jobs as e where e.key = f.job_key) is null
        order by f.job_key
        on conflict (key) where key is not null do nothing
        returning j.id, j.key
      )
      select array_agg(f.ordinal), array_agg(i.id) into v_new_ordinals, v_new_ids
      from inserted as i
      inner join firsts as f on f.job_key = i.key;

      perform j.id
      from @extschema@._private_jobs as j
      where j.key = any(v_keys)
      order by j.id
      for update;
      get diagnostics v_locked_count = row_count;
      exit attempt when v_locked_count = cardinality(v_keys);
      raise exception using errcode = 'GWRTY', message = 'a job with one of the keys went meanwhile';
    exception when sqlstate 'GWRTY' then
      null;
    end;
  end loop;
  return query select n.ordinal, n.id from unnest(v_new_ordinals, v_new_ids) as n (ordinal, id);

  -- A key that stands twice is handled twice, in the caller's order.
  for v_spec in
    select s.*
    from @extschema@._private_resolve_specs(specs) as s
    where s.job_key is not null and s.ordinal <> all(coalesce(v_new_ordinals, '{}'))
    order by s.job_key, s.ordinal
  loop
    v_job := @extschema@._private_add_keyed_job(
      task_id => v_spec.task_id, payload => v_spec.payload, queue_id => v_spec.queue_id, run_at => v_spec.run_at,
      max_attempts => v_spec.max_attempts, job_key => v_spec.job_key, priority => v_spec.priority,
      flags => v_spec.flags, job_key_mode => job_key_mode
    );
    ordinal := v_spec.ordinal;
    id := v_job.id;
    return next;
  end loop;
end;
$$;

comment on function @extschema@._private_add_keyed_jobs(@extschema@.job_spec[], text) is
$$Internal. The specs with a key of an add_jobs call: adds or changes their jobs, as _private_add_keyed_job does, and
returns the job of each spec by the spec's position. Tasks and queues must exist.
Locks: the job rows that have the keys, in id order; waits for transactions that add the same keys, in key order.
Errors: GWNOR.$$;
