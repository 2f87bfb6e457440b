create or replace function @extschema@._private_check_threshold(sweep_threshold interval) returns void
language plpgsql stable
as $$
declare
  v_usual constant double precision := 30;
  v_silence constant integer := 10;
  v_heartbeat double precision;
begin
  select coalesce(max(h.seconds), v_usual) into v_heartbeat
  from @extschema@._private_workers as w
  cross join lateral (
    select
      case
        when jsonb_typeof(w.metadata -> 'heartbeat_interval') = 'number'
          then least((w.metadata ->> 'heartbeat_interval')::numeric, 1e9)::double precision
        else v_usual
      end as seconds
  ) as h
  where
    not coalesce(w.metadata @> '{"swept": true}', false)
    -- A slow one that has died must not keep it and all others from being swept, for ever.
    and w.last_heartbeat_at > now() - v_silence * h.seconds * interval '1 second';
  if sweep_threshold < 2 * v_heartbeat * interval '1 second' then
    raise exception using
      errcode = 'GWBTH',
      message = format('bad sweep_threshold %s: workers that live would be taken for dead', sweep_threshold),
      hint = format(
        'Say %s s or more, two heartbeats of the slowest worker; or force => true where all are dead for certain.',
        2 * v_heartbeat
      );
  end if;
end;
$$;

comment on function @extschema@._private_check_threshold(interval) is
$$Internal. Raises GWBTH when workers that are well may be silent for as long: it is less than two heartbeats of the
slowest that is registered, by the heartbeat_interval (seconds) that its metadata tells; 30 s where it does not. Not one
that was silent for ten of its own.$$;
