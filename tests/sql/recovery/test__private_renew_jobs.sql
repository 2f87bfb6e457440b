-- The locks of jobs are dated anew, where something does not let one of them through those of the others.
select plan(4);

create function pg_temp.refuse() returns trigger language plpgsql as $$
begin
  -- An assertion is no "other".
  assert false, 'not this one';
end;
$$;
select graphile_worker.add_job('t', job_key => k.key) from (values ('a'), ('b'), ('c'), ('other')) as k (key);
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now() - interval '2 hours';
create function pg_temp.renew() returns text language sql as $$
  select string_agg(j.key, ' ' order by j.id)
  from graphile_worker._private_renew_jobs(
    array(select i.id from graphile_worker._private_jobs as i where i.key <> 'other')
  ) as r (id)
  inner join graphile_worker._private_jobs as j on j.id = r.id
$$;
select is(pg_temp.renew(), 'a b c', 'those that are named');
select set_eq(
  $$select j.key from graphile_worker._private_jobs as j where j.locked_at = now()$$, $$values ('a'), ('b'), ('c')$$,
  'and no other'
);
update graphile_worker._private_jobs set locked_at = now() - interval '2 hours';
create trigger refuse before update on graphile_worker._private_jobs
for each row when (old.key = 'b') execute function pg_temp.refuse();
select is(pg_temp.renew(), 'a c', 'all but the one that a trigger refuses');
select set_eq(
  $$select j.key from graphile_worker._private_jobs as j where j.locked_at = now()$$, $$values ('a'), ('c')$$,
  'are dated'
);

select * from finish();
