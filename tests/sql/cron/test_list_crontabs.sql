-- Every crontab entry that was ever registered.
select plan(2);

select is_empty($$select * from graphile_worker.list_crontabs()$$, 'no entry: no row');

insert into graphile_worker._private_known_crontabs (identifier, known_since, last_execution) values
  ('b', '2026-01-02 00:00+00', null), ('a', '2026-01-01 00:00+00', '2026-01-03 00:00+00');
select results_eq(
  'select * from graphile_worker.list_crontabs()',
  $$values
    ('a', '2026-01-01 00:00+00'::timestamptz, '2026-01-03 00:00+00'::timestamptz),
    ('b', '2026-01-02 00:00+00', null)
  $$,
  'a row per entry, by identifier'
);

select * from finish();
