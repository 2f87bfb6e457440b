create or replace function @extschema@._private_set_limit(
  kind text,
  name text,
  max_running integer,
  rate double precision,
  per interval,
  burst integer,
  weight_by text,
  share double precision,
  unlimited boolean,
  reason text
) returns boolean
language plpgsql volatile
as $$
declare
  v_is_new boolean;
  v_old record;
  v_kind constant text := case when kind = 'queue' and name like '%*' then 'pattern' else kind end;
  v_name constant text := case when v_kind = 'pattern' then rtrim(name, '*') else name end;
begin
  select l.rate, l.per, l.burst into v_old
  from @extschema@._private_limits as l
  where l.kind = v_kind and l.name = v_name and l.origin = 'operator';
  perform @extschema@._private_check_limit(
    kind => _private_set_limit.kind, name => _private_set_limit.name, max_running => _private_set_limit.max_running,
    rate => coalesce(_private_set_limit.rate, v_old.rate), per => coalesce(_private_set_limit.per, v_old.per),
    burst => coalesce(_private_set_limit.burst, v_old.burst),
    weight_by => _private_set_limit.weight_by, share => _private_set_limit.share
  );
  if coalesce(unlimited, false) = (num_nonnulls(max_running, rate, per, burst, weight_by, share) > 0) then
    raise exception using
      errcode = 'GWBWD',
      message = format(
        '%s for %L', case when unlimited then 'a limit and unlimited => true' else 'no limit is given' end, name
      ),
      hint = 'Give a limit, or unlimited => true; null leaves a value as it is.';
  end if;
  perform @extschema@._private_use_room(case kind when 'task' then 'task limits' else 'queue limits' end);
  insert into @extschema@._private_limits as l
  (kind, name, origin, max_running, rate, per, burst, weight_by, share, is_unlimited, reason)
  values (
    v_kind, v_name, 'operator', _private_set_limit.max_running, _private_set_limit.rate, _private_set_limit.per,
    _private_set_limit.burst, _private_set_limit.weight_by, _private_set_limit.share, coalesce(unlimited, false),
    _private_set_limit.reason
  )
  on conflict on constraint _private_limits_pkey do update
  set
    max_running = case when not excluded.is_unlimited then coalesce(excluded.max_running, l.max_running) end,
    rate = case when not excluded.is_unlimited then coalesce(excluded.rate, l.rate) end,
    per = case when not excluded.is_unlimited then coalesce(excluded.per, l.per) end,
    burst = case when not excluded.is_unlimited then coalesce(excluded.burst, l.burst) end,
    weight_by = case when not excluded.is_unlimited then coalesce(excluded.weight_by, l.weight_by) end,
    share = case when not excluded.is_unlimited then coalesce(excluded.share, l.share) end,
    is_unlimited = excluded.is_unlimited,
    set_at = now(),
    set_by = session_user,
    reason = coalesce(excluded.reason, l.reason)
  -- Zero in a row that was inserted, the updating transaction in one that was there.
  returning l.xmax = 0 into v_is_new;
  return v_is_new;
end;
$$;

comment on function @extschema@._private_set_limit(
  text, text, integer, double precision, interval, integer, text, double precision, boolean, text
) is
$$Internal. What limit_task and limit_queue have in common. kind: task or queue; the name of a queue may be a pattern.
Locks and errors are theirs.$$;
