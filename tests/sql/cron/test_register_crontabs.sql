-- Making crontab entries known.
select plan(10);

select is_empty($$select * from graphile_worker.register_crontabs('{}')$$, 'no entry, no row');
select is_empty($$select * from graphile_worker.register_crontabs(null)$$, 'null for no entry');
select results_eq(
  $$select * from graphile_worker.register_crontabs('{b,a,b}')$$,
  $$values ('a', now(), null::timestamptz), ('b', now(), null)$$,
  'new entries are known since now and have not been scheduled; one that stands twice is one'
);

update graphile_worker._private_known_crontabs
set known_since = '2026-01-01 00:00+00', last_execution = '2026-01-03 00:00+00' where identifier = 'a';
select results_eq(
  $$select * from graphile_worker.register_crontabs('{c,a}', '2026-02-01 00:00+00')$$,
  $$values
    ('a', '2026-01-01 00:00+00'::timestamptz, '2026-01-03 00:00+00'::timestamptz),
    ('c', '2026-02-01 00:00+00', null)
  $$,
  'entries that are known stay as they are; seen_at is for new ones; others are not returned'
);
select results_eq(
  $$select k.identifier from graphile_worker.list_crontabs() as k$$, $$values ('a'), ('b'), ('c')$$,
  'nothing is forgotten'
);
select lives_ok(
  format('select graphile_worker.register_crontabs(array[%L])', repeat('ü', 128)), 'an identifier has up to 128 characters'
);
select throws_ok(
  format('select graphile_worker.register_crontabs(%s)', c.identifiers), 'GWBCI', null, 'GWBCI: ' || c.name
)
from (values
  ($$array['d', null]$$, 'null'), ($$array['d', '']$$, 'empty'), ($$array['d', repeat('i', 129)]$$, 'too long')
) as c (identifiers, name);
select is(
  (select count(*) from graphile_worker._private_known_crontabs where identifier = 'd'), 0::bigint,
  'and nothing is registered then'
);

select * from finish();
