create or replace function @extschema@._private_refusals(with_due boolean) returns table (
  refused_ids bigint[],
  refused_queue_ids integer[]
)
language sql stable rows 1
as $$
  select
    coalesce(array_agg(f.job_id), '{}'),
    array_agg(j.job_queue_id) filter (where j.job_queue_id is not null and j.is_available)
  from @extschema@._private_refused_claims as f
  left join @extschema@._private_jobs as j on j.id = f.job_id
  where with_due or f.next_try_at > now()
$$;

comment on function @extschema@._private_refusals(boolean) is
$$Internal. The jobs whose claim was refused, and that are to be left alone by now, and their queues, which wait for
them unless they have failed meanwhile; null for none of these. with_due: those, too, whose next try is due.
Locks nothing.$$;
