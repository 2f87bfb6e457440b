-- A limit that nobody holds is locked at once; that one waits for others, and how long, tests/py/concurrency has.
select plan(1);

select graphile_worker.limit_task('t', 1);
select lives_ok($$select graphile_worker._private_wait_for_limit('{t, u}')$$, 'one that is there, one that is not');

select * from finish();
