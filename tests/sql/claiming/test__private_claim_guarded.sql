-- Jobs are claimed although something may refuse it.
select plan(14);

create function pg_temp.refuse() returns trigger language plpgsql as $$
begin
  if new.key = 'raises' then
    -- An assertion is no "other".
    raise exception 'not this one' using errcode = coalesce(current_setting('test.errcode', true), 'P0004');
  elsif new.key = 'swallowed' then
    return null;
  elsif new.key = 'undone' then
    return old;
  end if;
  return new;
end;
$$;
select graphile_worker.add_job('t', job_key => k.key, queue_name => k.key)
from (values ('a'), ('raises'), ('b'), ('swallowed'), ('undone')) as k (key);
create function pg_temp.ids(variadic keys text[]) returns bigint[] language sql as $$
  select coalesce(array_agg(j.id order by j.id), '{}') from graphile_worker._private_jobs as j where j.key = any(keys)
$$;
create trigger refuse before update on graphile_worker._private_jobs for each row execute function pg_temp.refuse();
create function pg_temp.claim(variadic keys text[]) returns text language sql as $$
  select string_agg(j.key, ' ' order by j.id)
  from unnest(graphile_worker._private_claim_guarded(
    'w', array(select j.ctid from graphile_worker._private_jobs as j where j.key = any(keys))
  )) as c (id)
  inner join graphile_worker._private_jobs as j on j.id = c.id
$$;
select is(pg_temp.claim('a'), 'a', 'nothing refuses it');
select is_empty($$select from graphile_worker._private_refused_claims$$, 'nothing to remember');
select is(pg_temp.claim('raises', 'b', 'swallowed', 'undone'), 'b', 'the others');
select set_eq(
  $$
    select j.key, r.error from graphile_worker._private_refused_claims as r
    inner join graphile_worker._private_jobs as j on j.id = r.job_id
  $$,
  $$values
    ('raises', 'not this one'), ('swallowed', 'something leaves its row as it is'),
    ('undone', 'something leaves its row as it is')
  $$, 'what was refused, and why'
);
select is_empty(
  $$select from graphile_worker._private_jobs as j where j.key not in ('a', 'b') and (j.attempts > 0 or j.locked_by <> '')$$,
  'it stays as it was'
);
select graphile_worker.add_job('t', job_key => 'c');
select is(pg_temp.claim('raises', 'c'), 'c', 'the next time apart, at once');
set local test.errcode = '53100';
select throws_ok($$select pg_temp.claim('raises')$$, '53100', 'not this one', 'what the server lacks is raised');
select graphile_worker.add_job('t', job_key => 'e' || n) from generate_series(1, 3) as n;
select is(pg_temp.claim('raises', k.key), k.key, 'what collides is left alone: ' || k.code)
from (values ('e1', '40001'), ('e2', '40P01'), ('e3', '55P03')) as k (key, code)
where set_config('test.errcode', k.code, true) <> '';
drop trigger refuse on graphile_worker._private_jobs;
select is(pg_temp.claim('raises', 'swallowed', 'undone'), 'raises swallowed undone', 'nothing refuses it any more');
select is_empty($$select from graphile_worker._private_refused_claims$$, 'and that is forgotten');

-- What somebody's transaction has deferred has nothing to do with jobs.
create temp table parents (id integer primary key);
create temp table children (id integer references parents deferrable initially deferred);
select graphile_worker.add_job('t', job_key => 'd');
set constraints all deferred;
insert into children values (1);
select throws_ok($$select pg_temp.claim('d')$$, '23503', null, 'a constraint of another table raises as it is');
delete from children;
select is(pg_temp.claim('d'), 'd', 'and no job is blamed for it');

select * from finish();
