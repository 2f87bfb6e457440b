create or replace function @extschema@._private_check_limit(
  kind text,
  name text,
  max_running integer,
  rate double precision,
  per interval,
  burst integer,
  weight_by text,
  share double precision
) returns void
language plpgsql immutable
as $$
declare
  v_fault text;
begin
  if kind = 'task' then
    perform @extschema@._private_check_job(
      identifier => name, queue_name => null, max_attempts => null, job_key => null, priority => null, flags => null
    );
  elsif name is null or length(name) not between 1 and 129 or length(rtrim(name, '*')) > 128 then
    raise exception using
      errcode = 'GWBQN',
      message = format('bad queue name %s', coalesce(quote_literal(left(name, 140)), 'null')),
      hint = 'A queue name has 1 to 128 characters; one that ends in * stands for all that begin so.';
  elsif strpos(name, '*') between 1 and length(name) - 1 then
    raise exception using
      errcode = 'GWBPT',
      message = format('bad pattern %L', name),
      hint = 'One * may stand at the end, and nowhere else: tenant:* is every queue whose name begins with tenant:.';
  end if;
  if max_running not between 1 and 1000000 then
    raise exception using
      errcode = 'GWBWD',
      message = format('bad %s %s', case kind when 'task' then 'max_running' else 'width' end, max_running),
      hint = format(
        'It is 1 to 1000000; null leaves it as it is, %s stops all.',
        case kind when 'task' then 'pause_task' else 'pause_queue' end
      );
  end if;
  v_fault := case
    -- Not a number is more than any.
    when not (rate >= 1e-9 and rate <= 1e9) then format('rate %s is not 0.000000001 to 1000000000', rate)
    when rate is null and (per is not null or burst is not null) then 'per and burst belong to a rate'
    when not (per >= interval '1 millisecond' and per <= interval '1000 years')
      then format('per %L is not 1 millisecond to 1000 years', per)
    when burst not between 1 and 1000000000 then format('burst %s is not 1 to 1000000000', burst)
    -- Instants beyond that can't be told, and no job of the task or queue could be claimed.
    when extract(epoch from coalesce(per, interval '1 minute')) / rate * coalesce(burst, greatest(ceil(rate), 1))
      > extract(epoch from interval '1000 years')
      then format('a burst of %s takes more than 1000 years to come', coalesce(burst, greatest(ceil(rate), 1)))
    when not (share >= 0.001 and share <= 1000) then format('share %s is not 0.001 to 1000', share)
    when length(weight_by) not between 1 and 128 then 'weight_by names an attribute, in 1 to 128 characters'
  end;
  if v_fault is not null then
    raise exception using
      errcode = 'GWBRT',
      message = format('bad rate of %L: %s', left(name, 140), v_fault),
      hint = 'A rate says how many jobs may start per interval, burst how many of them at once: '
        || 'rate => 100, per => ''1 minute'', burst => 20.';
  end if;
end;
$$;

comment on function @extschema@._private_check_limit(
  text, text, integer, double precision, interval, integer, text, double precision
) is
$$Internal. Raises GWBID or GWBQN for a bad name, GWBPT for a bad pattern, GWBWD for a bad number of jobs at once, GWBRT
for what makes no rate or share; null is none. kind: task, or queue for queues and patterns.$$;
