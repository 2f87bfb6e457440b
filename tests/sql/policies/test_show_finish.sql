-- What became of a transaction that finished a job. That of this session is open; the others are in
-- tests/py/concurrency/test_finish.py.
select plan(6);

select graphile_worker.add_job('t', job_key => k.key) from (values ('a'), ('b')) as k (key);
create temp table named as select j.id, j.key from graphile_worker._private_jobs as j;
select graphile_worker.get_jobs('w', max_jobs => 2);
select is(
  graphile_worker.show_finish('w', n.id, graphile_worker.finish_job('w', n.id)), 'open', 'not committed yet'
) from named as n where n.key = 'a';
-- Older than any that is open, and committed: those of initdb.
select is(graphile_worker.show_finish('w', n.id, 3), 'held', 'whatever the transaction, the job is held')
from named as n where n.key = 'b';
select is(graphile_worker.show_finish('w', n.id, null), 'lost', 'no transaction, and the job is gone')
from named as n where n.key = 'a';
select is(
  graphile_worker.show_finish('w', n.id, txid_current() + 1000000), 'lost', 'one of the future, and the job is gone'
) from named as n where n.key = 'a';
select is(graphile_worker.show_finish('v', n.id, null), 'lost', 'somebody else holds it')
from named as n where n.key = 'b';
select throws_ok($$select graphile_worker.show_finish('', 1, 1)$$, 'GWBWI', null, 'GWBWI: nobody');

select * from finish();
