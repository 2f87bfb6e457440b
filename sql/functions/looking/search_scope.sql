create or replace function @extschema@.search_scope(
  state text default 'all',
  task text default null,
  queue text default null,
  search text default null,
  before_id bigint default null,
  after_id bigint default null,
  max_rows integer default 50000
) returns table (looked_at bigint, complete boolean, next_id bigint)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select p.looked_at, p.complete, p.next_id
  from @extschema@._private_job_page(
    state => search_scope.state, task => search_scope.task, queue => search_scope.queue, search => search_scope.search,
    row_limit => 0, row_offset => 0, before_id => search_scope.before_id, after_id => search_scope.after_id,
    max_rows => search_scope.max_rows
  ) as p
$$;

comment on function @extschema@.search_scope(text, text, text, text, bigint, bigint, integer) is
$$Tells how far list_jobs looks when it is called with the same arguments: among how many rows (null: no more than it
shows), and whether that is all there are. If not, the search goes on with before_id => next_id; with
after_id => next_id where after_id was given. list_jobs_page tells it along with the jobs, at the price of one search.
Errors: GWBST, GWBLM, GWUTK (unknown task), GWUQU (unknown queue).$$;
