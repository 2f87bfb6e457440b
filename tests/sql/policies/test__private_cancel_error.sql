-- What a cancelled job says.
select plan(3);

select is(graphile_worker._private_cancel_error('wrong file'), 'Cancelled: wrong file', 'with a reason');
select is(graphile_worker._private_cancel_error(null), 'Cancelled', 'without one');
select is(graphile_worker._private_cancel_error(''), 'Cancelled: ', 'with an empty one');

select * from finish();
