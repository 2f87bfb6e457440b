-- One job per entry and tick, however often it is asked for.
select no_plan();

create function pg_temp.job(job_id bigint) returns text language sql as $$
  select concat_ws(
    ' ', t.identifier, j.payload, 'queue', q.queue_name, 'key', j.key, 'max', j.max_attempts, 'priority', j.priority,
    'at', to_char(j.run_at at time zone 'UTC', 'HH24:MI'), 'revision', j.revision
  )
  from graphile_worker._private_jobs as j
  inner join graphile_worker._private_tasks as t on t.id = j.task_id
  left join graphile_worker._private_job_queues as q on q.id = j.job_queue_id
  where j.id = job.job_id
$$;
create function pg_temp.run(at text, entries json, backfilled boolean default false) returns setof text language sql as $$
  select s.identifier || ': ' || pg_temp.job(s.job_id)
  from graphile_worker.schedule_crontabs(('2026-01-01 ' || at || '+00')::timestamptz, entries, backfilled) as s
$$;
create function pg_temp.last(identifier text) returns text language sql as $$
  select coalesce(to_char(k.last_execution at time zone 'UTC', 'HH24:MI'), 'never')
  from graphile_worker._private_known_crontabs as k where k.identifier = last.identifier
$$;

-- Jobs ---------------------------------------------------------------------------------------------------------------

select graphile_worker.register_crontabs('{a,b,c}', '2026-01-01 00:00+00');
select set_eq(
  $$
    select * from pg_temp.run('08:00', '[
      {"identifier": "b", "task": "t", "payload": {"x": 1}, "queue_name": "q", "max_attempts": 3, "priority": -4,
       "job_key": "k", "job_key_mode": "preserve_run_at"},
      {"identifier": "a", "task": "t"},
      {"task": "c"}
    ]')
  $$,
  array[
    'a: t {"_cron":{"ts":"2026-01-01T08:00:00.000Z","backfilled":false}} queue key max 25 priority 0 at 08:00 revision 0',
    'b: t {"_cron":{"ts":"2026-01-01T08:00:00.000Z","backfilled":false},"x":1} queue q key k max 3 priority -4 at 08:00 revision 0',
    'c: c {"_cron":{"ts":"2026-01-01T08:00:00.000Z","backfilled":false}} queue key max 25 priority 0 at 08:00 revision 0'
  ],
  'a job each, with the values of the entry; it runs at the tick'
);
select is(pg_temp.last(i), '08:00', 'the tick is the last execution of ' || i) from unnest(array['a', 'b', 'c']) as i;

-- The guard ----------------------------------------------------------------------------------------------------------

select is_empty($$select * from pg_temp.run('08:00', '[{"identifier": "a", "task": "t"}]')$$, 'the same tick: nothing');
select is_empty($$select * from pg_temp.run('07:59', '[{"identifier": "a", "task": "t"}]', true)$$, 'an earlier one: nothing');
select is(pg_temp.last('a'), '08:00', 'the last execution never goes back');
select graphile_worker.register_crontabs('{d}', '2026-01-01 00:00+00');
select results_eq(
  $$
    select s.identifier from graphile_worker.schedule_crontabs(
      '2026-01-01 08:00+00', '[{"identifier": "a", "task": "t"}, {"identifier": "d", "task": "t"}]'
    ) as s
  $$,
  $$values ('d')$$, 'each entry is guarded by itself'
);
select results_eq(
  $$
    select pg_temp.run(tick, '[{"identifier": "a", "task": "t"}]', true)
    from unnest(array['08:01', '08:03', '08:02']) as tick
  $$,
  array[
    'a: t {"_cron":{"ts":"2026-01-01T08:01:00.000Z","backfilled":true}} queue key max 25 priority 0 at 08:01 revision 0',
    'a: t {"_cron":{"ts":"2026-01-01T08:03:00.000Z","backfilled":true}} queue key max 25 priority 0 at 08:03 revision 0'
  ],
  'backfilled in the order of the ticks; what lies behind is never added'
);

-- Keys ---------------------------------------------------------------------------------------------------------------

select graphile_worker.schedule_crontabs('2026-01-01 09:00+00', '[
  {"identifier": "kept", "task": "t", "job_key": "kept", "job_key_mode": "preserve_run_at"},
  {"identifier": "replaced", "task": "t", "job_key": "replaced"}
]');
select set_eq(
  $$
    select pg_temp.run('09:01', '[
      {"identifier": "kept", "task": "t", "job_key": "kept", "job_key_mode": "preserve_run_at"},
      {"identifier": "replaced", "task": "t", "job_key": "replaced"}
    ]')
  $$,
  array[
    'kept: t {"_cron":{"ts":"2026-01-01T09:01:00.000Z","backfilled":false}} queue key kept max 25 priority 0 at 09:00 revision 1',
    'replaced: t {"_cron":{"ts":"2026-01-01T09:01:00.000Z","backfilled":false}} queue key replaced max 25 priority 0 at 09:01 revision 1'
  ],
  'a key that exists: the mode of each entry decides'
);

-- Unknown entries ----------------------------------------------------------------------------------------------------

select is((select count(*) from pg_temp.run('10:00', '[{"task": "new"}]')), 1::bigint, 'an unknown entry that is due has its job');
select results_eq(
  $$select known_since, last_execution from graphile_worker._private_known_crontabs where identifier = 'new'$$,
  $$values ('2026-01-01 10:00+00'::timestamptz, '2026-01-01 10:00+00'::timestamptz)$$,
  'and is known from then on'
);
select is_empty($$select * from pg_temp.run('10:00', '[{"task": "newer"}]', true)$$, 'an unknown entry is never backfilled');
select is(pg_temp.last('newer'), null, 'nor recorded by that');

-- Arguments ----------------------------------------------------------------------------------------------------------

select is_empty($$select * from graphile_worker.schedule_crontabs('2026-01-01 10:00+00', '[]')$$, 'no entry, no job');
select is(
  (select pg_temp.run('11:00', '[{"task": "new"}]', null)),
  'new: new {"_cron":{"ts":"2026-01-01T11:00:00.000Z","backfilled":false}} queue key max 25 priority 0 at 11:00 revision 0',
  'backfilled is false when it is null'
);
select lives_ok(
  $$select graphile_worker.schedule_crontabs(clock_timestamp() + interval '4 minutes', '[]')$$,
  'clocks may differ by a few minutes'
);
select throws_ok(
  format('select graphile_worker.schedule_crontabs(%s, ''[{"task": "t"}]'')', c.tick), 'GWBTK', null, 'GWBTK: ' || c.name
)
from (values
  ('null', 'null'), ($$'infinity'$$, 'infinity'), ($$'-infinity'$$, '-infinity'),
  ($$clock_timestamp() + interval '6 minutes'$$, 'far ahead')
) as c (tick, name);
select throws_ok(
  format('select graphile_worker.schedule_crontabs(''2026-01-01 12:00+00'', %L)', c.entries), c.code, null, 'refused: ' || c.code
)
from (values (null, 'GWBCE'), ('{}', 'GWBCE')) as c (entries, code);
select is(pg_temp.last('t'), null, 'and nothing is recorded then');

-- What is refused ----------------------------------------------------------------------------------------------------

create function pg_temp.refuse() returns trigger language plpgsql as $$
begin
  if new.task_id = (select t.id from graphile_worker._private_tasks as t where t.identifier = 'refused') then
    raise exception 'not on my watch' using hint = 'Ask the owner.', errcode = coalesce(new.payload ->> 'code', 'P0001');
  end if;
  return new;
end;
$$;
create trigger refuse before insert on graphile_worker._private_jobs for each row execute function pg_temp.refuse();
create function pg_temp.tell(at text, entries text, with_refused boolean default true) returns setof text language sql as $$
  select concat_ws(' ', s.identifier, case when s.job_id is not null then 'added' end, s.error_code, s.error_message)
  from graphile_worker.schedule_crontabs(
    ('2026-01-01 ' || at || '+00')::timestamptz, tell.entries::json, with_refused => tell.with_refused
  ) as s
$$;
select set_eq(
  $$
    select pg_temp.tell('13:00', '[
      {"task": "fine", "payload": {"x": "\u0000"}}, {"task": "refused"}, {"task": "high", "priority": 99999},
      {"task": "odd", "when": "* * * * *"}, {"task": "fine"}, {"identifier": "empty", "task": ""}
    ]')
  $$,
  array[
    'fine added', 'refused P0001 not on my watch', 'high GWBPR bad priority 99999',
    'odd GWBCE bad crontab entry, no attribute ''when'' is known: {"task": "odd", "when": "* * * * *"}',
    'fine GWBCI crontab identifier ''fine'' stands twice', 'empty GWBID bad task identifier '''''
  ],
  'each is left out by itself, and told'
);
select is_empty($$select pg_temp.tell('13:00', '[{"task": "refused"}]')$$, 'once for a tick');
select results_eq(
  $$select pg_temp.tell('13:01', '[{"task": "fine"}, {"task": "refused"}]', false)$$, array['fine added'],
  'who does not ask for them gets what was added'
);
select is(pg_temp.last('refused'), '13:01', 'the next tick is tried anew');
drop trigger refuse on graphile_worker._private_jobs;

-- Costs --------------------------------------------------------------------------------------------------------------

-- Only a superuser may have calls counted.
do $$
begin
  set local track_functions = 'all';
exception
  when insufficient_privilege then
    null;
end;
$$;
create function pg_temp.calls(name text) returns bigint language sql volatile as $$
  select coalesce(sum(f.calls), 0)::bigint
  from pg_stat_xact_user_functions as f where f.schemaname = 'graphile_worker' and f.funcname = calls.name
$$;
select graphile_worker.schedule_crontabs(
  '2026-01-01 12:00+00',
  '[{"task": "counted", "job_key": "k", "job_key_mode": "preserve_run_at"}, {"identifier": "e", "task": "counted"}]'
);
select case current_setting('track_functions')
  when 'all' then is(pg_temp.calls('_private_crontab_entries'), 1::bigint, 'the entries are read once')
  else skip('calls are not counted', 1)
end;

select * from finish();
