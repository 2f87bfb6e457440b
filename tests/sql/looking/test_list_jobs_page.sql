-- Jobs for people to look at, and how far the look went.
select no_plan();

select graphile_worker.add_job('t', job_key => 'k' || n, queue_name => case when n = 2 then 'q' end)
from generate_series(1, 10) as n (n);
select graphile_worker._private_task_id('u');
create function pg_temp.id(key text) returns bigint language sql as $$
  select j.id from graphile_worker._private_jobs as j where j.key = id.key
$$;
-- The jobs by their keys, then how far it looked.
create function pg_temp.page(
  search text default null, row_limit integer default 50, before_key text default null, after_key text default null,
  max_rows integer default 50000, state text default 'all', task text default null, queue text default null,
  row_offset integer default 0
) returns text language sql as $$
  select concat_ws(
    ' ', string_agg(l.key, ' '), '|', coalesce(min(l.looked_at)::text, 'shown'),
    case when bool_and(l.complete) then 'complete' end, 'next ' || (
      select j.key from graphile_worker._private_jobs as j where j.id = min(l.next_id)
    ), case when min(l.next_id) <> max(l.next_id) then 'and another' end
  )
  from graphile_worker.list_jobs_page(
    state, task, queue, search, row_limit, row_offset, pg_temp.id(before_key), pg_temp.id(after_key), max_rows
  ) as l
$$;

select is(pg_temp.page(), 'k10 k9 k8 k7 k6 k5 k4 k3 k2 k1 | shown complete', 'all, and it says so');
select is(pg_temp.page(row_limit => 3), 'k10 k9 k8 | shown next k8', 'a full page: the next one begins below it');
select is(pg_temp.page(row_limit => 3, before_key => 'k8'), 'k7 k6 k5 | shown next k5', 'the next one');
select is(pg_temp.page(row_limit => 3, before_key => 'k2'), 'k1 | shown complete', 'the last one');
select is(pg_temp.page(row_limit => 3, after_key => 'k2'), 'k5 k4 k3 | shown next k5', 'the other way');
select is(pg_temp.page(row_limit => 3, row_offset => 2), 'k8 k7 k6 | shown next k6', 'row_offset: so many are passed over');
select is(pg_temp.page(row_limit => 3, row_offset => 8), 'k2 k1 | shown complete', 'to the end');
select is(pg_temp.page(row_limit => 5, max_rows => 2), 'k10 k9 k8 k7 k6 | shown next k6', 'max_rows is for searches');
select is(pg_temp.page(row_limit => 0), '| shown complete', 'no page at all');
select is(pg_temp.page('k1', max_rows => 4), 'k10 k1 | 4 next k7', 'a search stops; the very key is found beyond');
select is(pg_temp.page('k1', 2, max_rows => 4), 'k10 k1 | 4 next k7', 'and does not stand in the way of what lies between');
select is(pg_temp.page('k', 2, max_rows => 4), 'k10 k9 | 4 next k9', 'a full page within what was looked at');
select is(pg_temp.page('k', max_rows => 4, before_key => 'k7'), 'k6 k5 k4 k3 | 4 next k3', 'the next stretch');
select is(pg_temp.page('k', max_rows => 4, before_key => 'k3'), 'k2 k1 | 2 complete', 'the last one');
select is(pg_temp.page('nowhere', max_rows => 4), '| 4 next k7', 'none found: a row without a job');
select is(
  pg_temp.page(queue => 'q', max_rows => 4, after_key => 'k2'), '| 4 next k6', 'the other way, and a queue'
);
select is(pg_temp.page(state => 'ready', task => 'u'), '| 0 complete', 'an index says that there are none');
select is(pg_temp.page(state => 'failed'), '| shown complete', 'failed ones: an index leads to them');
select is_empty(
  format(
    $$
      select l.id, l.job_state, l.task_identifier, l.queue_name, l.priority, l.run_at, l.attempts, l.max_attempts,
        l.key, l.flags::text, l.last_error, l.locked_at, l.locked_by, l.created_at, l.updated_at, l.revision
      from graphile_worker.list_jobs(%1$s) as l
      except all
      select p.id, p.job_state, p.task_identifier, p.queue_name, p.priority, p.run_at, p.attempts, p.max_attempts,
        p.key, p.flags::text, p.last_error, p.locked_at, p.locked_by, p.created_at, p.updated_at, p.revision
      from graphile_worker.list_jobs_page(%1$s) as p
    $$,
    c.arguments
  ),
  'the jobs of list_jobs: ' || c.arguments
)
from (values (''), ($$search => 'k'$$), ($$queue => 'q'$$), ('row_limit => 3')) as c (arguments);
select throws_ok(
  format('select * from graphile_worker.list_jobs_page(%s)', c.arguments), c.code, null, c.code
)
from (values
  ($$'done'$$, 'GWBST'), ('max_rows => 0', 'GWBLM'), ('row_limit => null', 'GWBLM'), ($$task => 'mial'$$, 'GWUTK'),
  ($$queue => 'slwo'$$, 'GWUQU')
) as c (arguments, code);

-- Costs: only a superuser may have calls counted.
do $$
begin
  set local track_functions = 'all';
exception
  when insufficient_privilege then
    null;
end;
$$;
create function pg_temp.calls(name text) returns bigint language sql volatile as $$
  select coalesce(sum(f.calls), 0)::bigint
  from pg_stat_xact_user_functions as f where f.schemaname = 'graphile_worker' and f.funcname = calls.name
$$;
select pg_temp.page('k3');
select case current_setting('track_functions')
  when 'all' then is(pg_temp.calls('_private_job_window'), 1::bigint, 'one search for the jobs and how far it went')
  else skip('calls are not counted', 1)
end;

delete from graphile_worker._private_jobs;
select graphile_worker.add_job('cancelled', job_key => k.key) from (values ('a'), ('b'), ('c'), ('d')) as k (key);
update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w' where key <> 'c';
update graphile_worker._private_jobs set locked_by = 'node' where key = 'd';
select graphile_worker.cancel_jobs(array(select j.id from graphile_worker._private_jobs as j where j.key <> 'a'));
-- As workers of another runtime fail it, who leave the mark.
update graphile_worker._private_jobs set locked_at = null, locked_by = null where locked_by = 'node';
select set_eq(
  $$select s.job_state, s.is_cancelled from graphile_worker.list_jobs_page() as s$$, $$values ('locked', true), ('locked', false), ('failed', false)$$,
  'one that runs on after it was cancelled says so, and none that has ended'
);

select * from finish();
