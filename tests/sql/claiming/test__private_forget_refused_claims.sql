-- Refused claims are forgotten.
select plan(1);

select graphile_worker.add_job('t', job_key => k.key)
from (values ('still refused'), ('claimed'), ('gone'), ('failed')) as k (key);
insert into graphile_worker._private_refused_claims select j.id, now(), now(), now(), 1, j.key
from graphile_worker._private_jobs as j;
delete from graphile_worker._private_jobs where key = 'gone';
select graphile_worker.permanently_fail_jobs(
  array(select j.id from graphile_worker._private_jobs as j where j.key = 'failed')
);
select graphile_worker._private_forget_refused_claims(
  array(select j.id from graphile_worker._private_jobs as j where j.key = 'claimed')
);
select set_eq(
  $$select r.error from graphile_worker._private_refused_claims as r$$, $$values ('still refused')$$,
  'those that were claimed, or are no more, or have failed'
);

select * from finish();
