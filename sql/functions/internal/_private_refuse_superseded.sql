create or replace function @extschema@._private_refuse_superseded(job_ids bigint[]) returns void
language plpgsql volatile
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
as $$
declare
  v_id bigint;
begin
  select min(j.id) into v_id
  from @extschema@._private_jobs as j
  where j.id = any(job_ids) and @extschema@._private_is_superseded(flags => j.flags);
  if v_id is not null then
    raise exception using
      errcode = 'GWSUP',
      message = format('job %s was superseded', v_id),
      hint = 'Its key was given to another job, or removed, while it ran: run again it would undo what came after. '
        || 'Leave it out, or add the work anew.';
  end if;
end;
$$;

comment on function @extschema@._private_refuse_superseded(bigint[]) is
$$Internal. Raises GWSUP when one of these jobs was superseded (_private_supersede_job), and must not run again.$$;
