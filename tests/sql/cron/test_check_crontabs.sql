-- What would be left out, found without leaving anything.
select plan(7);

create function pg_temp.refuse() returns trigger language plpgsql as $$
begin
  if new.task_id = (select t.id from graphile_worker._private_tasks as t where t.identifier = 'refused') then
    raise exception 'not on my watch' using hint = 'Ask the owner.', errcode = coalesce(new.payload ->> 'code', 'P0001');
  end if;
  return new;
end;
$$;
create trigger refuse before insert on graphile_worker._private_jobs for each row execute function pg_temp.refuse();
create function pg_temp.count_rows() returns bigint language sql as $$
  select (select count(*) from graphile_worker._private_jobs) + (select count(*) from graphile_worker._private_tasks)
    + (select count(*) from graphile_worker._private_job_queues)
    + (select count(*) from graphile_worker._private_known_crontabs)
$$;

select is_empty(
  $$select * from graphile_worker.check_crontabs('[{"task": "good", "queue_name": "q", "payload": {"x": "\u0000"}}]')$$,
  'nothing is wrong'
);
select results_eq(
  $$
    select * from graphile_worker.check_crontabs('[
      {"task": "refused", "identifier": "i"}, {"task": "good"}, {"task": "good"}, {"task": "x", "queue_name": "\u0000"}
    ]')
  $$,
  $$
    values
      ('i', 'P0001', 'not on my watch', 'Ask the owner.'),
      (
        'good', 'GWBCI', 'crontab identifier ''good'' stands twice',
        'Give entries for the same task an identifier each.'
      ),
      ('x', '22P05', 'unsupported Unicode escape sequence', null)
  $$,
  'each that is refused, and why'
);
select results_eq(
  $$
    select c.identifier, c.error_code from graphile_worker.check_crontabs('[
      {"task": "a", "cron": "0 8 * * *", "time_zone": "Europe/Paris", "backfill": "2 days"}, {"task": "b", "cron": "8"},
      {"task": "c", "cron": "0 8 * * *", "time_zone": "Rome"}, {"task": "d", "backfill": "-1 day"}, {"task": "e", "backfill": "long"}
    ]') as c
  $$,
  $$values ('b', 'GWBSC'), ('c', 'GWBTZ'), ('d', 'GWBDU'), ('e', '22007')$$, 'when they are due, too'
);
select is(pg_temp.count_rows(), 0::bigint, 'no row stays');
drop trigger refuse on graphile_worker._private_jobs;
create constraint trigger refuse after insert on graphile_worker._private_jobs deferrable initially deferred
for each row execute function pg_temp.refuse();
select results_eq(
  $$select c.error_message from graphile_worker.check_crontabs('[{"task": "refused"}]') as c$$,
  $$values ('not on my watch')$$, 'what a commit would refuse'
);
select throws_ok($$select graphile_worker.check_crontabs('{}')$$, 'GWBCE', null, 'GWBCE: no array');
select throws_ok(
  $$select graphile_worker.check_crontabs('[{"task": "refused", "payload": {"code": "40001"}}]')$$, '40001', null,
  'a collision is nobody''s'
);

select * from finish();
