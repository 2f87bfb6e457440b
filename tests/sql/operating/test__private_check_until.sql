-- When a pause may end.
select plan(6);

select lives_ok(format('select graphile_worker._private_check_until(%L)', u.until), 'good: ' || coalesce(u.until::text, 'null'))
from (values (null), (now() + interval '1 second')) as u (until);
select throws_ok(format('select graphile_worker._private_check_until(%L)', u.until), 'GWBTI', null, 'GWBTI: ' || u.what)
from (values
  (now(), 'now'), (now() - interval '1 second', 'over'), ('infinity', 'never'), ('-infinity', 'never, either')
) as u (until, what);

select * from finish();
