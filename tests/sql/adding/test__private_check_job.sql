-- The bounds of what a job is added with: every value one step inside and one step outside.
select plan(21);

select lives_ok(
  format('select graphile_worker._private_check_job(%s)', c.arguments),
  c.name
)
from (values
  ($$'i', null, null, null, null, null$$, 'only the task identifier is required'),
  ($$'i', 'q', 1, 'k', -32768, '{}'$$, 'every value may stand at its lower bound'),
  (
    $$repeat('i', 128), repeat('q', 128), 32767, repeat('k', 512), 32767, array['f', 'g']$$,
    'every value may stand at its upper bound'
  ),
  (
    $$repeat('ü', 128), repeat('ü', 128), 1, repeat('ü', 512), 0, array['ü', 'ü']$$,
    'characters count, not bytes; a flag may be repeated'
  )
) as c (arguments, name);

select throws_ok(
  format('select graphile_worker._private_check_job(%s)', c.arguments),
  c.code,
  null,
  c.code || ': ' || c.name
)
from (values
  ($$null, null, null, null, null, null$$, 'GWBID', 'no task identifier'),
  ($$'', null, null, null, null, null$$, 'GWBID', 'an empty task identifier'),
  ($$repeat('i', 129), null, null, null, null, null$$, 'GWBID', 'a task identifier of 129 characters'),
  ($$'i', '', null, null, null, null$$, 'GWBQN', 'an empty queue name'),
  ($$'i', repeat('q', 129), null, null, null, null$$, 'GWBQN', 'a queue name of 129 characters'),
  ($$'i', null, 0, null, null, null$$, 'GWBMA', 'max_attempts 0'),
  ($$'i', null, -1, null, null, null$$, 'GWBMA', 'negative max_attempts'),
  ($$'i', null, 32768, null, null, null$$, 'GWBMA', 'max_attempts 32768'),
  ($$'i', null, null, '', null, null$$, 'GWBKY', 'an empty job key'),
  ($$'i', null, null, repeat('k', 513), null, null$$, 'GWBKY', 'a job key of 513 characters'),
  ($$'i', null, null, null, -32769, null$$, 'GWBPR', 'priority -32769'),
  ($$'i', null, null, null, 32768, null$$, 'GWBPR', 'priority 32768'),
  ($$'i', null, null, null, null, array['f', null]$$, 'GWBFL', 'a flag that is null'),
  ($$'i', null, null, null, null, array['f', '']$$, 'GWBFL', 'an empty flag')
) as c (arguments, code, name);

-- An error is for a person: the value that was refused, and what to do about it.
create function pg_temp.error_of(statement text) returns table (code text, message text, hint text)
language plpgsql as $$
begin
  execute statement;
exception when others then
  get stacked diagnostics code = returned_sqlstate, message = message_text, hint = pg_exception_hint;
  return next;
end;
$$;
select is_empty(
  $$
    select c.arguments, e.*
    from (values
      ($q$repeat('i', 129), null, null, null, null, null$q$, '%iiii%'),
      ($q$'i', repeat('q', 129), null, null, null, null$q$, '%qqqq%'),
      ($q$'i', null, 40000, null, null, null$q$, '%40000%'),
      ($q$'i', null, null, repeat('k', 513), null, null$q$, '%kkkk%513%'),
      ($q$'i', null, null, null, -40000, null$q$, '%-40000%'),
      ($q$'i', null, null, null, null, array['red', '']$q$, '%red%')
    ) as c (arguments, pattern)
    left join lateral pg_temp.error_of(
      format('select graphile_worker._private_check_job(%s)', c.arguments)
    ) as e on true
    where e.message not like c.pattern or e.hint = '' or e.code is null
  $$,
  'every message carries the value, and comes with a hint'
);
select throws_like(
  $$select graphile_worker._private_check_job(null, null, null, null, null, null)$$,
  '%null%',
  'a missing identifier is called null'
);
select is(
  (select length(e.message) < 300 from pg_temp.error_of(
    $$select graphile_worker._private_check_job(repeat('i', 100000), null, null, null, null, null)$$
  ) as e),
  true,
  'a value of any length makes a short message'
);

select * from finish();
