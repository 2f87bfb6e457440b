create or replace function @extschema@._private_sweep_uniques(max_rows integer) returns integer
language plpgsql volatile
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
declare
  v_ctids tid[];
begin
  v_ctids := array(
    select u.ctid
    from @extschema@._private_uniques as u
    where u.look_at <= now()
    order by u.look_at
    limit max_rows
    for update skip locked
  );
  -- Now that they are held: of one that had got another job just then, the statement above would not see that job.
  delete from @extschema@._private_uniques as u
  where
    u.ctid = any(v_ctids)
    and not exists (select from @extschema@._private_jobs as j where j.id = u.job_id);
  -- What has been there for long will be there for a while.
  update @extschema@._private_uniques as u
  set look_at = now() + least(greatest(now() - u.added_at, '1 minute'), '1 day')
  where u.ctid = any(v_ctids);
  return cardinality(v_ctids);
end;
$$;

comment on function @extschema@._private_sweep_uniques(integer) is
$$Internal. Deletes unique keys whose period is over and whose job is gone, and looks again at those whose job is still
there when as much time has passed as since it was added: after a minute at least, a day at most. Looks at so many at
most, and returns how many. Locks: their rows, passing over those in use.$$;
