create or replace function @extschema@.list_cancelled(worker_ids text[]) returns table (
  job_id bigint,
  worker_id text,
  reason text
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
-- A plan made while the table was small must not outlive that.
set enable_seqscan = off
set jit = off
as $$
declare
  v_prefix constant text := @extschema@._private_cancel_error(reason => '');
begin
  return query
  select
    j.id, j.locked_by,
    case
      when starts_with(j.last_error, v_prefix) then substr(j.last_error, length(v_prefix) + 1)
    end
  from @extschema@._private_jobs as j
  where
    j.locked_by = any(worker_ids)
    and j.locked_at is not null
    and @extschema@._private_is_cancelled(flags => j.flags)
  order by j.id;
end;
$$;

comment on function @extschema@.list_cancelled(text[]) is
$$Lists the jobs that these workers hold and somebody has cancelled (cancel_jobs), in id order, with the reason that was
given. For a worker at each heartbeat, and after each new LISTEN.$$;
