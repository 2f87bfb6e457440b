-- What each action does, and that a dry run of it does nothing.
select plan(27);

create function pg_temp.fill() returns void language sql as $$
  delete from graphile_worker._private_jobs;
  select graphile_worker.add_job('t', run_at => now() + interval '1 hour', job_key => k.key)
  from (values ('waits'), ('failed'), ('runs')) as k (key);
  update graphile_worker._private_jobs set attempts = max_attempts, last_error = 'boom' where key = 'failed';
  update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w' where key = 'runs';
$$;
create function pg_temp.state() returns text language sql as $$
  select string_agg(
    concat_ws(
      ' ', j.key, j.priority, j.attempts || '/' || j.max_attempts, case when j.run_at <= now() then 'due' end, j.last_error
    ),
    '; ' order by j.id
  )
  from graphile_worker._private_jobs as j where j.key <> 'runs'
$$;
create function pg_temp.change(action text, dry_run boolean) returns bigint language sql as $$
  select c.changed
  from graphile_worker._private_change_matching_jobs(
    action, 't', null, 'all', null, null, null, null, 0, 1000, 1000, dry_run,
    error_message => 'no more', run_at => now(), priority => 7, attempts => 1, max_attempts => 3
  ) as c
$$;
select pg_temp.fill();
select is(pg_temp.change(a.action, d.dry_run), 2::bigint, a.action || ': how many it would be about')
from (values ('retry'), ('fail'), ('complete'), ('remove'), ('reschedule')) as a (action)
cross join (values (true), (null)) as d (dry_run);
select is(pg_temp.state(), 'waits 0 0/25; failed 0 25/25 boom', 'nothing has changed');
select is(
  (select count(*) from graphile_worker._private_jobs as j where j.xmax::text::bigint <> 0), 0::bigint, 'nor is locked'
);
create function pg_temp.change_anew(action text) returns text language plpgsql as $$
begin
  perform pg_temp.fill();
  return format('%s: %s', pg_temp.change(action, false), pg_temp.state());
end;
$$;
select is(pg_temp.change_anew(a.action), a.outcome, a.action)
from (values
  ('retry', '2: waits 7 1/3 due; failed 7 1/3 due boom'), ('reschedule', '2: waits 7 1/3 due; failed 7 1/3 due boom'),
  ('fail', '2: waits 0 25/25 no more; failed 0 25/25 no more'), ('complete', '2: '), ('remove', '2: ')
) as a (action, outcome);
select is(
  (select j.locked_by from graphile_worker._private_jobs as j where j.key = 'runs'), 'w', 'what runs is left alone'
);

-- What runs is cancelled, too.
select is(pg_temp.change_anew('cancel'), '3: waits 0 25/25 Cancelled: no more; failed 0 25/25 boom', 'cancel');
select results_eq(
  'select j.last_error, j.locked_by, j.flags from graphile_worker._private_jobs as j where j.locked_at is not null',
  $$values ('Cancelled: no more', 'w', '{"graphile_worker:cancelled": true}'::jsonb)$$, 'who runs it is asked'
);
select pg_temp.fill();
select is(pg_temp.change('cancel', true), 3::bigint, 'a dry run of it: how many');
select is(pg_temp.state(), 'waits 0 0/25; failed 0 25/25 boom', 'nothing has changed');
select is(
  (
    select c.changed
    from graphile_worker._private_change_matching_jobs(
      'cancel', 't', null, null, null, null, null, null, 0, 1000, 1000, false, remove => true
    ) as c
  ),
  2::bigint, 'to be removed: what is not finished, when nobody says otherwise'
);
select is(
  (select string_agg(j.key, ' ') from graphile_worker._private_jobs as j where j.locked_at is null), 'failed', 'it is gone'
);
-- Another runtime has failed it since, and left the mark.
update graphile_worker._private_jobs set locked_at = null, locked_by = null where locked_by = 'w';
select is(
  pg_temp.change(a.action, false), 2::bigint, 'what was cancelled can be run again, by ' || a.action
)
from unnest(array['retry']) as a (action);
select is_empty(
  'select from graphile_worker._private_jobs as j where j.flags is not null or not j.is_available', 'and nothing says that it was'
);

select is_empty(
  $$
    select d.action from graphile_worker.list_default_states() as d
    except values ('retry'), ('fail'), ('complete'), ('remove'), ('reschedule'), ('cancel')
  $$,
  'there are no other actions'
);

select * from finish();
