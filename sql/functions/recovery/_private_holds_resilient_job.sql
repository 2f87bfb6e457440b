create or replace function @extschema@._private_holds_resilient_job(worker_id text, resilient_flags text[])
returns boolean
language sql stable
set enable_seqscan = off
as $$
  select exists (
    select
    from @extschema@._private_jobs as j, unnest(resilient_flags) as f (name)
    where
      j.locked_by = worker_id
      and j.locked_at is not null
      and (j.flags -> f.name) not in ('false', 'null', '0', '""')
  )
$$;

comment on function @extschema@._private_holds_resilient_job(text, text[]) is
$$Internal. Whether this worker holds a job with one of the flags, other than switched off (false, null, 0, "").$$;
