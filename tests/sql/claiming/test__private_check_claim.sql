-- What has to hold before anything is claimed.
select plan(9);

create function pg_temp.claim(arguments text) returns text language sql as $$
  select format('select graphile_worker._private_check_claim(%s)', arguments)
$$;

select lives_ok(pg_temp.claim($$'w', 1, now(), true$$), 'the least');
select lives_ok(pg_temp.claim($$'w', 1000000, now(), true$$), 'the most');
select throws_ok(pg_temp.claim(c.arguments), c.code, null, c.code || ': ' || c.name)
from (values
  ($$null, 1, now(), true$$, 'GWBWI', 'no worker id'),
  ($$'w', 0, now(), true$$, 'GWBLM', 'no job at all'),
  ($$'w', null, now(), true$$, 'GWBLM', 'no number of jobs'),
  ($$'w', 1000001, now(), true$$, 'GWBLM', 'more jobs than anybody can run'),
  ($$'w', 1, 'infinity', true$$, 'GWBTI', 'the end of time'),
  ($$'w', 1, now(), false$$, 'GWNRG', 'a worker that is not registered')
) as c (arguments, code, name);
select throws_like(pg_temp.claim($$'worker7', 1, now(), false$$), '%worker7%', 'GWNRG names the worker');

select * from finish();
