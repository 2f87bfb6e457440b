-- What a claim passed over, and may have to ask for again.
select plan(8);

create function pg_temp.again(is_thorough boolean default true) returns text language sql as $$
  select case
    when a.at is null then 'never'
    when a.at < clock_timestamp() + interval '1 second' then 'soon'
    else round(extract(epoch from a.at - now()) / 60) || ' minutes'
  end
  from graphile_worker._private_queues_again_at(
    0::smallint, array(select t.id from graphile_worker._private_tasks as t), '{}', null, now(), null, null, is_thorough
  ) as a (at)
$$;
select is(pg_temp.again(), 'never', 'no jobs');
select graphile_worker.add_job('t', json_build_object('w', 3), queue_name => 'q');
select is(pg_temp.again(), 'never', 'a queue without a limit');
select graphile_worker.limit_queue('q', 2);
select is(pg_temp.again(), 'soon', 'one that has room: somebody was claiming of it');
select graphile_worker.limit_queue('q', rate => 1, per => '1 minute', burst => 3, weight_by => 'w');
insert into graphile_worker._private_buckets values ('queue', 'q', 'q', clock_timestamp() + interval '2 minutes', now());
select is(pg_temp.again(), '2 minutes', 'a job heavier than what is left of the rate');
update graphile_worker._private_buckets set next_at = now() + interval '1 minute';
select is(pg_temp.again(), 'never', 'one whose rate is used up is looked up elsewhere');
update graphile_worker._private_jobs set run_at = now() + interval '1 hour';
select is(pg_temp.again(), 'never', 'nothing is due');

update graphile_worker._private_job_queues set locked_at = now(), locked_by = 'w';
select graphile_worker.add_job('t', queue_name => 'q') from generate_series(1, 60);
select is(pg_temp.again(), 'never', 'all of it in a queue that is full');
select is(pg_temp.again(false), 'soon', 'in queues of which not all were seen');

select * from finish();
