create or replace function @extschema@._private_renew_locks(worker_ids text[]) returns integer
language plpgsql volatile
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
declare
  v_before constant timestamptz := now() - @extschema@._private_renewal_age();
  v_job_ids bigint[];
  v_queue_ids integer[];
begin
  v_job_ids := array(
    select j.id
    from @extschema@._private_jobs as j
    where j.locked_by = any(worker_ids) and j.locked_at < v_before
    order by j.id
    for no key update skip locked
  );
  if v_job_ids = '{}' then
    return 0;
  end if;
  v_job_ids := array(select r.id from @extschema@._private_renew_jobs(job_ids => v_job_ids) as r (id));
  v_queue_ids := array(
    select q.id
    from @extschema@._private_job_queues as q
    where
      q.id = any(array(select j.job_queue_id from @extschema@._private_jobs as j where j.id = any(v_job_ids)))
      and q.locked_by = any(worker_ids)
      and q.locked_at < v_before
    order by q.id
    for no key update skip locked
  );
  update @extschema@._private_job_queues as q set locked_at = now() where q.id = any(v_queue_ids);
  return cardinality(v_job_ids);
exception
  -- Whatever it is: that a worker is alive must be recorded all the same.
  when others or assert_failure then
    raise warning 'locks of workers % can not be renewed: %', worker_ids, sqlerrm;
    return 0;
end;
$$;

comment on function @extschema@._private_renew_locks(text[]) is
$$Internal. Dates anew the locks of jobs, and of their queues, that these workers have held for longer than
_private_renewal_age, so that they do not expire. Writes nothing where there are none, waits for nobody, raises nothing.
Returns the number of jobs. Locks: job rows in id order, then queue rows in id order, leaving out those that are
locked.$$;
