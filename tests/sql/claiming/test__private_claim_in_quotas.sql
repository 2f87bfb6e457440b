-- Jobs without a queue at one priority, no more of each task than there is room for.
select plan(12);

-- a1 a2 a3 b1 b2 c1 a4 ..., in claim order.
select graphile_worker.add_job(left(j.name, 1), to_json(j.name), run_at => now() - interval '1 hour' + j.n * interval '1 s')
from unnest(array['a1', 'a2', 'a3', 'b1', 'b2', 'c1', 'a4', 'b3', 'c2']) with ordinality as j (name, n);
select graphile_worker.add_job('a', '"queued"', 'q', now() - interval '2 hours');
select graphile_worker.add_job('a', '"flagged"', run_at => now() - interval '2 hours', flags => '{red}');

create function pg_temp.claim(
  max_jobs integer, quotas integer[], tasks text[] default '{a,b,c}', refused text[] default null,
  last interval default '0 hours'
) returns text language sql as $$
  select string_agg(j.payload #>> '{}', ' ' order by j.run_at, j.id)
  from unnest(graphile_worker._private_claim_in_quotas(
    priority => 0::smallint,
    starts => array(
      select row(t.id, null, timestamptz '-infinity', 0)::graphile_worker._private_position
      from graphile_worker._private_tasks as t
    ),
    task_ids => array(
      select t.id from graphile_worker._private_tasks as t where t.identifier = any(tasks) order by t.identifier
    ),
    quotas => claim.quotas, last_run_at => now() - last, last_id => 9223372036854775807, forbidden_flags => '{red}',
    refused_ids => (
      select array_agg(r.id) from graphile_worker._private_jobs as r where r.payload #>> '{}' = any(refused)
    ),
    max_jobs => claim.max_jobs
  )) as c (ctid)
  inner join graphile_worker._private_jobs as j on j.ctid = c.ctid
$$;

select is(pg_temp.claim(9, '{null,null,null}'), 'a1 a2 a3 b1 b2 c1 a4 b3 c2', 'no bound');
select is(pg_temp.claim(9, '{2,null,1}'), 'a1 a2 b1 b2 c1 b3', 'two of a, one of c');
select is(pg_temp.claim(4, '{2,null,1}'), 'a1 a2 b1 b2', 'those that come first');
select is(pg_temp.claim(3, '{5,5,5}'), 'a1 a2 a3', 'bounds that leave all as it is');
select is(pg_temp.claim(9, '{1,1,1}'), 'a1 b1 c1', 'one of each');
select is(pg_temp.claim(9, '{0,0,1}'), 'c1', 'none of two');
select is(pg_temp.claim(9, '{1,null}', tasks => '{a,c}'), 'a1 c1 c2', 'a task that is not named is left alone');
select is(pg_temp.claim(9, null, tasks => '{c}'), 'c1 c2', 'no bounds of the tasks');
select is(pg_temp.claim(9, '{2,1,0}', refused => '{a1,b1}'), 'a2 a3 b2', 'what was refused is passed over');
select is(pg_temp.claim(9, '{2,1,0}', last => '1 hour'), null, 'and what is due later');
select is(pg_temp.claim(9, null, tasks => null), null, 'no task');
select is(
  (select count(*) from graphile_worker._private_jobs as j where j.locked_by is not null), 0::bigint, 'it only locks rows'
);

select * from finish();
