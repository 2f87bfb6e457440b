create or replace function @extschema@.search_scope(
  state text default 'all',
  task text default null,
  queue text default null,
  search text default null,
  before_id bigint default null,
  after_id bigint default null,
  max_rows integer default 50000
) returns table (looked_at bigint, complete boolean, next_id bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_task_id integer;
  v_queue_id integer;
  v_window record;
  v_descending constant boolean := before_id is not null or after_id is null;
begin
  perform @extschema@._private_check_state(state, '{all,ready,scheduled,waiting,locked,failed}');
  perform @extschema@._private_check_page(0, 0, max_rows);
  select f.task_id, f.queue_id into v_task_id, v_queue_id
  from @extschema@._private_job_filter(task, queue) as f;
  if state in ('all', 'failed') and v_task_id is null and v_queue_id is null and nullif(search, '') is null then
    looked_at := null;
    complete := true;
    return next;
    return;
  end if;

  select * into v_window
  from @extschema@._private_job_window(
    state,
    v_task_id,
    coalesce(after_id, -9223372036854775807),
    coalesce(before_id, 9223372036854775807),
    v_descending,
    max_rows
  );
  looked_at := v_window.looked_at;
  complete := v_window.complete;
  if not complete then
    next_id := case when v_descending then v_window.low_id else v_window.high_id end;
  end if;
  return next;
end;
$$;

comment on function @extschema@.search_scope(text, text, text, text, bigint, bigint, integer) is
$$How far list_jobs looks when it is called with the same arguments: how many rows (null: no more than it shows), and
whether that is all there are. If not, the search goes on with before_id => next_id; with after_id => next_id where
after_id was given. Errors: as list_jobs.$$;
