-- One that is refused is left behind alone.
select plan(5);

create function pg_temp.refuse() returns trigger language plpgsql as $$
begin
  if new.task_id = (select t.id from graphile_worker._private_tasks as t where t.identifier = 'refused') then
    raise exception 'not on my watch' using hint = 'Ask the owner.', errcode = coalesce(new.payload ->> 'code', 'P0004');
  end if;
  return new;
end;
$$;
create function pg_temp.add(tasks text[], payload json default null) returns table (place integer, added boolean, error jsonb)
language sql as $$
  select a.place, a.job_id is not null, a.error
  from graphile_worker._private_add_crontab_jobs(
    '2026-01-01 08:00+00', false,
    array(select row(t, payload, null, null, null, null, null, null)::graphile_worker.job_spec from unnest(tasks) as t),
    array_fill('replace'::text, array[cardinality(tasks)])
  ) as a
$$;

select results_eq(
  $$select * from pg_temp.add('{a,b}')$$, $$values (1, true, null::jsonb), (2, true, null)$$, 'all at once'
);
create trigger refuse before insert on graphile_worker._private_jobs for each row execute function pg_temp.refuse();
select results_eq(
  $$select * from pg_temp.add('{a,refused,b}')$$,
  $$
    values
      (1, true, null::jsonb), (2, false, '{"code": "P0004", "message": "not on my watch", "hint": "Ask the owner."}'::jsonb),
      (3, true, null)
  $$,
  'one that a trigger refuses'
);
drop trigger refuse on graphile_worker._private_jobs;
create constraint trigger refuse after insert on graphile_worker._private_jobs deferrable initially deferred
for each row execute function pg_temp.refuse();
select results_eq(
  $$select a.place, a.added from pg_temp.add('{a,refused}') as a$$,
  $$values (1, true), (2, false)$$, 'one that would be refused at the commit'
);
select throws_ok(
  format($$select * from pg_temp.add('{a,refused}', '{"code": "%s"}')$$, code), code, null, code || ' is nobody''s'
)
from unnest(array['53100', '40001']) as code;

select * from finish();
