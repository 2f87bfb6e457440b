-- Whether a worker takes jobs of a queue.
select plan(9);

create function pg_temp.takes(name text, only_queues text[] default null, not_queues text[] default null)
returns boolean language sql as $$ select graphile_worker._private_takes_queue(name, only_queues, not_queues) $$;

select is(pg_temp.takes('a'), true, 'any');
select is(pg_temp.takes('a', '{b,a}'), true, 'one of those it takes');
select is(pg_temp.takes('a', '{b}'), false, 'none of these');
select is(pg_temp.takes('ab', '{b,a%}'), true, 'by its beginning');
select is(pg_temp.takes('a', '{}'), false, 'none at all');
select is(pg_temp.takes('a', null, '{b,a}'), false, 'one of those it does not take');
select is(pg_temp.takes('ab', null, '{a%}'), false, 'by its beginning');
select is(pg_temp.takes('c', null, '{b,a%}'), true, 'none of these');
select is(pg_temp.takes('ab', '{a%}', '{ab}'), false, 'both: it is to fit the one and not the other');

select * from finish();
