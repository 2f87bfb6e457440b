-- When what must not come due by itself is due.
select plan(3);

select is(graphile_worker._private_parked(), '9999-01-01 00:00:00+00', 'so late');
select ok(isfinite(graphile_worker._private_parked()), 'and finite');
select is(
  (select count(*)::integer from graphile_worker.get_jobs('w', now => timestamptz '9998-12-31 00:00:00+00')), 0,
  'an instant before it is one that a claim can be asked about'
);

select * from finish();
