-- What can't be claimed is remembered.
select plan(7);

select graphile_worker.add_job('t', job_key => k.key, queue_name => k.key) from (values ('a'), ('b')) as k (key);
create function pg_temp.ids(variadic keys text[]) returns bigint[] language sql as $$
  select array_agg(j.id order by j.id) from graphile_worker._private_jobs as j where j.key = any(keys)
$$;
update graphile_worker._private_job_queues
set locked_at = now(), locked_by = case when queue_name = 'a' then 'w' else 'other' end;
select lives_ok(
  $$select graphile_worker._private_refuse_claims('w', pg_temp.ids('a', 'b'), array['no', repeat('x', 5000)])$$, 'two'
);
select results_eq(
  $$select q.locked_by from graphile_worker._private_job_queues as q order by q.queue_name$$,
  $$values (null::text), ('other')$$, 'the queue that was locked for it is free'
);
create function pg_temp.remembered() returns setof text language sql as $$
  select format(
    '%s: %s, again in %s, since %s', left(r.error, 3), r.refusals, r.next_try_at - now(), now() - r.refused_since
  )
  from graphile_worker._private_refused_claims as r order by r.job_id
$$;
select results_eq(
  $$select pg_temp.remembered()$$,
  $$values ('no: 1, again in 00:00:01, since 00:00:00'), ('xxx: 1, again in 00:00:01, since 00:00:00')$$, 'both'
);
select is(max(length(r.error)), 1000, 'of a long error the beginning') from graphile_worker._private_refused_claims as r;
update graphile_worker._private_refused_claims set refused_since = now() - interval '1 hour';
select graphile_worker._private_refuse_claims('w', pg_temp.ids('a'), array['now so']);
select results_eq(
  $$select pg_temp.remembered()$$,
  $$values ('now: 2, again in 00:00:02, since 01:00:00'), ('xxx: 1, again in 00:00:01, since 01:00:00')$$, 'again'
);
update graphile_worker._private_refused_claims set refusals = 2147483646;
select graphile_worker._private_refuse_claims('w', pg_temp.ids('a'), array['as ever']);
select results_eq(
  $$select pg_temp.remembered() limit 1$$,
  $$values ('as : 2147483647, again in 00:01:00, since 01:00:00')$$, 'a minute at most'
);
select lives_ok($$select graphile_worker._private_refuse_claims('w', '{}', '{}')$$, 'none');

select * from finish();
