-- Tables that other runtimes made become what a fresh install has, name by name: once for each schema, after the last
-- shared revision. Nobody but us refers to the names of constraints and indexes.

-- Trigger functions and functions of a single job that later revisions left behind.
do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select p.oid::regprocedure
    from pg_proc as p
    where
      p.pronamespace = '@extschema@'::regnamespace
      and p.proname = any(array[
        'complete_job', 'fail_job', 'get_job', 'jobs__decrease_job_queue_count', 'jobs__increase_job_queue_count',
        'tg__update_timestamp', 'tg_jobs__notify_new_jobs', 'tg_jobs__after_insert'
      ])
  loop
    execute format('drop function %s', v_function);
  end loop;
end;
$$;

-- Bounds that say the same in other words.
do $$
declare
  v_constraint record;
begin
  for v_constraint in
    select c.conname, c.conrelid::regclass as relation
    from pg_constraint as c
    where
      c.conrelid = '@extschema@._private_jobs'::regclass and c.contype = 'c'
      and c.conname ~ '^(_private_)?jobs_(key|max_attempts)_check[0-9]*$'
  loop
    execute format('alter table %s drop constraint %I', v_constraint.relation, v_constraint.conname);
  end loop;
end;
$$;

alter table @extschema@._private_jobs
add check (max_attempts >= 1),
add check (length(key) between 1 and 512);

-- Sequences are named for table and column; constraints for table, columns and kind, as they are when no name is given.
-- What has another name than that of its table of then is not ours.
do $$
declare
  v_table regclass;
  v_rename record;
begin
  foreach v_table in array array[
    '@extschema@._private_jobs', '@extschema@._private_job_queues', '@extschema@._private_tasks'
  ]::regclass[] loop
    select
      pg_get_serial_sequence(v_table::text, 'id') as old,
      format('%s_id_seq', c.relname) as new
    into v_rename
    from pg_class as c
    where c.oid = v_table;
    if split_part(v_rename.old, '.', 2) not in (v_rename.new, quote_ident(v_rename.new)) then
      execute format('alter sequence %s rename to %I', v_rename.old, v_rename.new);
    end if;
  end loop;

  for v_rename in
    select r.relation, r.old, r.new
    from (
      select
        c.conrelid::regclass as relation,
        c.conname as old,
        case c.contype
          when 'p' then format('%s_pkey', t.relname)
          else format(
            '%s_%s_%s', t.relname, string_agg(a.attname, '_' order by k.ordinal),
            case c.contype when 'u' then 'key' when 'c' then 'check' else 'not_null' end
          )
        end as new
      from pg_constraint as c
      inner join pg_class as t on c.conrelid = t.oid
      cross join lateral unnest(c.conkey) with ordinality as k (attnum, ordinal)
      inner join pg_attribute as a on a.attrelid = c.conrelid and a.attnum = k.attnum
      where
        t.relnamespace = '@extschema@'::regnamespace
        and t.relname = any(array[
          'migrations', '_private_jobs', '_private_job_queues', '_private_tasks', '_private_known_crontabs',
          '_private_workers'
        ])
        and c.contype in ('p', 'u', 'c', 'n')
      group by c.oid, c.conrelid, c.conname, c.contype, t.relname
    ) as r
    where r.old <> r.new and regexp_replace(r.old, '^_private_|[0-9]+$', '', 'g') = replace(r.new, '_private_', '')
  loop
    execute format('alter table %s rename constraint %I to %I', v_rename.relation, v_rename.old, v_rename.new);
  end loop;
end;
$$;

-- The same index of heartbeats under another name is as good.
do $$
declare
  v_index record;
begin
  for v_index in
    select i.indexrelid::regclass as name, c.relname
    from pg_index as i
    inner join pg_class as c on i.indexrelid = c.oid
    inner join pg_attribute as a on a.attrelid = i.indrelid and a.attname = 'last_heartbeat_at'
    where
      i.indrelid = '@extschema@._private_workers'::regclass and i.indkey::text = a.attnum::text
      and i.indpred is null and c.relname <> 'workers_last_heartbeat_at_index'
  loop
    execute format('drop index %s', v_index.name);
  end loop;
end;
$$;

-- The index that the other runtimes' claims walk, without the columns it was given to answer from alone.
drop index if exists @extschema@.jobs_no_queue_index;
drop index if exists @extschema@.jobs_main_index;
create index jobs_main_index on @extschema@._private_jobs (priority, run_at) where is_available;
