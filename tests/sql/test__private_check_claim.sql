-- What has to hold before anything is claimed.
select plan(13);

create function pg_temp.claim(arguments text) returns text language sql as $$
  select format('select graphile_worker._private_check_claim(%s)', arguments)
$$;

select lives_ok(pg_temp.claim($$'w', 1, now(), false$$), 'the least');
select lives_ok(pg_temp.claim($$'w', 1000000, now(), null$$), 'the most, and nothing about registration');
select throws_ok(pg_temp.claim(c.arguments), c.code, null, c.code || ': ' || c.name)
from (values
  ($$null, 1, now(), false$$, 'GWBWI', 'no worker id'),
  ($$'w', 0, now(), false$$, 'GWBLM', 'no job at all'),
  ($$'w', null, now(), false$$, 'GWBLM', 'no number of jobs'),
  ($$'w', 1000001, now(), false$$, 'GWBLM', 'more jobs than anybody can run'),
  ($$'w', 1, 'infinity', false$$, 'GWBTI', 'the end of time'),
  ($$'w', 1, now(), true$$, 'GWNRG', 'a worker that never registered')
) as c (arguments, code, name);

select graphile_worker.worker_heartbeat('w'), graphile_worker.worker_heartbeat('v', '{"swept": false}');
select lives_ok(pg_temp.claim($$'w', 1, now(), true$$), 'registered');
select lives_ok(pg_temp.claim($$'v', 1, now(), true$$), 'registered, with metadata');
update graphile_worker._private_workers set metadata = '{"swept": true}' where id = 'v';
select throws_ok(pg_temp.claim($$'v', 1, now(), true$$), 'GWNRG', null, 'GWNRG: swept, but not all could be taken from it');
select graphile_worker.worker_deregister('w');
select throws_ok(pg_temp.claim($$'w', 1, now(), true$$), 'GWNRG', null, 'GWNRG: taken off the list');
select throws_like(pg_temp.claim($$'w', 1, now(), true$$), '%w%', 'GWNRG names the worker');

select * from finish();
