create or replace function @extschema@.list_jobs(
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
    s.id, s.job_state, s.task_identifier, s.queue_name, s.priority, s.run_at, s.attempts, s.max_attempts, s.key,
    s.flags, s.last_error, s.locked_at, s.locked_by, s.created_at, s.updated_at, s.revision,
    s.is_cancelled
  from @extschema@._private_job_page(
    state => list_jobs.state, task => list_jobs.task, queue => list_jobs.queue, search => list_jobs.search,
    row_limit => list_jobs.row_limit, row_offset => list_jobs.row_offset, before_id => list_jobs.before_id,
    after_id => list_jobs.after_id, max_rows => list_jobs.max_rows
  ) as p
  cross join lateral @extschema@._private_job_summaries(p.ids) as s
  order by s.id desc
$$;

comment on function @extschema@.list_jobs(
  text, text, text, text, integer, integer, bigint, bigint, integer
) is
$$Lists jobs for people to look at, by id, the newest first.
state: all, ready, scheduled, waiting (ready or scheduled), locked or failed. task, queue: only those of this task or
queue. search: only those whose id or key is this, or whose key, task, queue, error, worker or payload contains it, in
either case.
row_limit: the size of the page. before_id: only lower ids, the next page; after_id: only those that follow this id, the
page before. row_offset skips so many, and costs as many.
is_cancelled: it was cancelled while a worker held it, which has not ended that yet (cancel_jobs).
Cheap at any length: where no index leads to them, it looks for jobs among max_rows rows from the end where it begins.
list_jobs_page says how far that goes.
Errors: GWBST, GWBLM, GWUTK (unknown task), GWUQU (unknown queue).$$;
