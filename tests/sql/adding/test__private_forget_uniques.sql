-- What is removed without being completed keeps nothing from being added.
select plan(8);

create function pg_temp.add(key text) returns boolean language sql as $$
  select u.is_new from graphile_worker.add_unique_job('t', unique_key => key, within => '1 hour') as u
$$;
create function pg_temp.job(key text) returns bigint[] language sql as $$
  select array[u.job_id] from graphile_worker._private_uniques as u where u.unique_key = key
$$;
select pg_temp.add(k) from unnest('{done,removed,cancelled,cleaned,asked,stays}'::text[]) as k;

select graphile_worker.complete_jobs(pg_temp.job('done'));
select is(pg_temp.add('done'), false, 'completed, the period holds');
select graphile_worker.remove_matching_jobs(job_ids => pg_temp.job('removed'));
select is(pg_temp.add('removed'), true, 'removed by an operator');
select graphile_worker.cancel_jobs(pg_temp.job('cancelled'), remove => true);
select is(pg_temp.add('cancelled'), true, 'cancelled and removed');
update graphile_worker._private_jobs as j set locked_at = now(), locked_by = 'w' where j.id = any(pg_temp.job('asked'));
select graphile_worker.cancel_jobs(pg_temp.job('asked'), remove => true);
select is(pg_temp.add('asked'), true, 'to be removed once its worker hands it in');
select graphile_worker.permanently_fail_jobs(pg_temp.job('cleaned'));
select graphile_worker.cleanup('{delete_permanently_failed_jobs}');
select is(pg_temp.add('cleaned'), true, 'failed for good and cleaned up');
select is(pg_temp.add('stays'), false, 'all that leaves the others alone');
select graphile_worker.complete_matching_jobs(job_ids => pg_temp.job('stays'));
select is(pg_temp.add('stays'), false, 'completed by an operator, the period holds');
select is(graphile_worker._private_forget_uniques(null), '{}', 'of nothing, and none is in use');

select * from finish();
