-- Jobs whose locks have expired are freed, or deleted; what does not let itself be changed holds up no other.
select plan(7);

create function pg_temp.refuse() returns trigger language plpgsql as $$
begin
  -- An assertion is no "other".
  assert false, 'not this one';
end;
$$;
select graphile_worker.add_job('t', job_key => k.key)
from (values
  ('a'), ('b'), ('superseded'), ('c'), ('superseded too'), ('cancelled'), ('cancelled too'), ('other')
) as k (key);
update graphile_worker._private_jobs set locked_by = 'w', locked_at = now() - interval '5 hours';
create function pg_temp.ids(pattern text) returns bigint[] language sql as $$
  select array(select j.id from graphile_worker._private_jobs as j where j.key like pattern and j.key <> 'other')
$$;
create function pg_temp.free() returns bigint language sql as $$
  select count(*)
  from graphile_worker._private_free_expired(
    job_ids => pg_temp.ids('%'), deleted_ids => pg_temp.ids('superseded%'), cancelled_ids => pg_temp.ids('cancelled%')
  )
$$;
create trigger refuse before update or delete on graphile_worker._private_jobs
for each row when (old.key in ('b', 'superseded', 'cancelled')) execute function pg_temp.refuse();
select is(pg_temp.free(), 4::bigint, 'all but those that a trigger refuses');
select set_eq(
  $$select j.key from graphile_worker._private_jobs as j where j.locked_at is null$$, 
  $$values ('a'), ('c'), ('cancelled too')$$, 'are free'
);
select results_eq(
  $$select j.key from graphile_worker._private_jobs as j where j.attempts = j.max_attempts$$, $$values ('cancelled too')$$,
  'one of them as failed'
);
select is_empty($$select from graphile_worker._private_jobs as j where j.key = 'superseded too'$$, 'or gone');
drop trigger refuse on graphile_worker._private_jobs;
select is(pg_temp.free(), 6::bigint, 'nothing refuses them any more');
select set_eq(
  $$select j.key, j.locked_by from graphile_worker._private_jobs as j$$,
  $$values
    ('a', null), ('b', null), ('c', null), ('cancelled', null), ('cancelled too', null), ('other', 'w')$$, 'none of them is left, and no other was touched'
);
select is(
  (select count(*) from graphile_worker._private_jobs as j where j.attempts = j.max_attempts), 2::bigint,
  'the other that was cancelled has failed, too'
);

select * from finish();
