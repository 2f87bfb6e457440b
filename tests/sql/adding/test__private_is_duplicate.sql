-- Whether the job that is there is taken instead of another one: every state, with and without a period.
select plan(3);

create function pg_temp.states(added interval, expires interval, within interval) returns table (until text, states text)
language sql as $$
  select u.until, string_agg(coalesce(s.state, 'gone'), ' ' order by s.place)
  from unnest('{started,ended,completed}'::text[]) with ordinality as u (until, place)
  cross join unnest(array['waiting', 'running', 'failed', null]) with ordinality as s (state, place)
  where graphile_worker._private_is_duplicate(
    state => s.state, added_at => now() - added, expires_at => now() + expires, within => states.within, until => u.until
  )
  group by u.until, u.place
  order by u.place
$$;
create temp table without_period as
select * from (values ('started', 'waiting'), ('ended', 'waiting running'), ('completed', 'waiting running failed')) as v;
create temp table within_period as
select * from (
  values ('started', 'waiting running gone'), ('ended', 'waiting running gone'), ('completed', 'waiting running failed gone')
) as v;

select results_eq(
  $$select * from pg_temp.states('1 min', '1 hour', '2 min')$$, 'table within_period', 'within the period'
);
select results_eq(
  format($$select * from pg_temp.states('1 min', %L, %L)$$, c.expires, c.within), 'table without_period', c.name
)
from (values ('1 hour', null, 'this call asks for none'), ('0', '2 min', 'the first one is over')) as c (expires, within, name);

select * from finish();
