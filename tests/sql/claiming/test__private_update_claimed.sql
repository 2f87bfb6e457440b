-- Jobs are claimed, if nothing refuses it.
select plan(5);

create function pg_temp.refuse() returns trigger language plpgsql as $$
begin
  if new.key = 'raises' then
    raise exception 'not this one' using errcode = coalesce(current_setting('test.errcode', true), 'P0001');
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

select is(
  graphile_worker._private_update_claimed('w', pg_temp.ids('a', 'b', 'swallowed', 'undone')), pg_temp.ids('a', 'b'),
  'those that it got'
);
select set_eq(
  $$select j.key, j.locked_by, j.attempts::int from graphile_worker._private_jobs as j where j.locked_at = now()$$,
  $$values ('a', 'w', 1), ('b', 'w', 1)$$, 'are claimed, each an attempt'
);
select throws_ok(
  $$select graphile_worker._private_update_claimed('w', pg_temp.ids('raises'))$$, 'P0001', 'not this one', 'it raises'
);
select is(graphile_worker._private_update_claimed('w', '{}'), '{}', 'none');
drop trigger refuse on graphile_worker._private_jobs;
create constraint trigger refuse after update on graphile_worker._private_jobs deferrable initially deferred
for each row execute function pg_temp.refuse();
select throws_ok(
  $$select graphile_worker._private_update_claimed('w', pg_temp.ids('raises'))$$, 'P0001', 'not this one',
  'what would be raised at the commit is raised at once'
);

select * from finish();
