-- One element per job that failed.
select plan(13);

select lives_ok(format('select graphile_worker._private_check_failures(%s)', c.arguments), c.name)
from (values
  ($$null, null, null, null$$, 'no failure'),
  ($$'{1,2}', '{a,b}', null, null$$, 'messages only'),
  ($$'{1,2}', '{a,null}', 2, array[now(), null]$$, 'everything'),
  ($$'{1,2}', '{a,null}', 2, array[now(), null], array[null, now()], '{t,null}'$$, 'with decisions')
) as c (arguments, name);
select throws_ok(format('select graphile_worker._private_check_failures(%s)', c.arguments), 'GWBAL', null, c.name)
from (values
  ($$'{1,2}', '{a}', null, null$$, 'a message is missing'),
  ($$'{1,2}', null, null, null$$, 'all are'),
  ($$'{1}', '{a}', 2, null$$, 'too many payloads'),
  ($$'{1}', '{a}', null, '{}'$$, 'no instant'),
  ($$'{1}', '{a}', null, null, '{now,now}'$$, 'too many retries'),
  ($$'{1}', '{a}', null, null, null, '{}'$$, 'no decision')
) as c (arguments, name);
select throws_ok(
  format('select graphile_worker._private_check_failures(''{1,2}'', ''{a,b}'', null, null, %L)', c.retry_ats), 'GWBTI', null,
  c.retry_ats
)
from unnest(array['{infinity,null}', '{now,-infinity}']) as c (retry_ats);
select throws_ok(
  $$select graphile_worker._private_check_failures('{1,2}', '{a,b}', null, '{infinity,null}')$$, 'GWBTI', null, 'failed when?'
);

select * from finish();
