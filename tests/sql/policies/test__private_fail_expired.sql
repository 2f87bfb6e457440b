-- Jobs that have expired are failed; what does not let itself be changed holds up no other.
select plan(5);

create function pg_temp.refuse() returns trigger language plpgsql as $$
begin
  assert false, 'not this one';
end;
$$;
select graphile_worker.add_job('t', job_key => k.key, max_attempts => 3)
from (values ('a'), ('b'), ('c'), ('other')) as k (key);
create function pg_temp.failed() returns setof text language sql as $$
  select j.key
  from graphile_worker._private_fail_expired(
    array(select j.id from graphile_worker._private_jobs as j where j.key <> 'other')
  ) as f (id)
  inner join graphile_worker._private_jobs as j on j.id = f.id
$$;
create trigger refuse before update on graphile_worker._private_jobs
for each row when (old.key = 'b') execute function pg_temp.refuse();
select set_eq('select pg_temp.failed()', $$values ('a'), ('c')$$, 'all but the one that a trigger refuses');
select set_eq(
  'select j.key, j.attempts::int, j.last_error from graphile_worker._private_jobs as j',
  $$values ('a', 3, 'Expired: not started in time'), ('c', 3, 'Expired: not started in time'), ('b', 0, null),
    ('other', 0, null)$$,
  'they are out of attempts, and say why'
);
drop trigger refuse on graphile_worker._private_jobs;
select set_eq('select pg_temp.failed()', $$values ('a'), ('b'), ('c')$$, 'nothing refuses them any more');
select is(
  (select j.last_error from graphile_worker._private_jobs as j where j.key = 'b'), 'Expired: not started in time',
  'the last one, too'
);
select is_empty($$select graphile_worker._private_fail_expired('{}')$$, 'none');

select * from finish();
