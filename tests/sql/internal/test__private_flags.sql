-- Flags as they are stored: an object flag -> true, as every runtime expects.
select plan(4);

select is(
  graphile_worker._private_flags(array['red', 'blue']), '{"red": true, "blue": true}'::jsonb, 'every flag is a key'
);
select is(
  graphile_worker._private_flags(array['red', 'red']), '{"red": true}'::jsonb, 'a repeated flag is stored once'
);
select is(graphile_worker._private_flags('{}'), null, 'no flag at all is stored as null');
select is(graphile_worker._private_flags(null), null, 'null is stored as null');

select * from finish();
