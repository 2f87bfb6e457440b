create or replace function @extschema@.list_jobs_page(
  state text default 'all',
  task text default null,
  queue text default null,
  search text default null,
  row_limit integer default 50,
  row_offset integer default 0,
  before_id bigint default null,
  after_id bigint default null,
  max_rows integer default 50000
) returns table (
  looked_at bigint,
  complete boolean,
  next_id bigint,
  id bigint,
  job_state text,
  task_identifier text,
  queue_name text,
  priority smallint,
  run_at timestamptz,
  attempts smallint,
  max_attempts smallint,
  key text,
  flags jsonb,
  last_error text,
  locked_at timestamptz,
  locked_by text,
  created_at timestamptz,
  updated_at timestamptz,
  revision integer,
  is_cancelled boolean
)
language sql stable security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
  select
    p.looked_at, p.complete, p.next_id,
    s.id, s.job_state, s.task_identifier, s.queue_name, s.priority, s.run_at, s.attempts, s.max_attempts, s.key,
    s.flags, s.last_error, s.locked_at, s.locked_by, s.created_at, s.updated_at, s.revision,
    s.is_cancelled
  from @extschema@._private_job_page(
    state => list_jobs_page.state, task => list_jobs_page.task, queue => list_jobs_page.queue,
    search => list_jobs_page.search, row_limit => list_jobs_page.row_limit, row_offset => list_jobs_page.row_offset,
    before_id => list_jobs_page.before_id, after_id => list_jobs_page.after_id, max_rows => list_jobs_page.max_rows
  ) as p
  left join lateral @extschema@._private_job_summaries(p.ids) as s on true
  order by s.id desc
$$;

comment on function @extschema@.list_jobs_page(
  text, text, text, text, integer, integer, bigint, bigint, integer
) is
$$Lists jobs as list_jobs does, with how far it looked in each row; one row without a job when there is none to show.
looked_at: among how many rows it looked (null: no more than it shows). complete: that these are all there are. If not,
the list goes on with before_id => next_id; with after_id => next_id where after_id was given.
Errors: GWBST, GWBLM, GWUTK (unknown task), GWUQU (unknown queue).$$;
