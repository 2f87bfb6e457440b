create or replace function @extschema@._private_opens_at(
  limits_queues boolean,
  since timestamptz,
  now timestamptz
) returns timestamptz
language plpgsql stable
as $$
begin
  return (
    select min(o.at)
    from (
      select t.until as at from @extschema@._private_paused_tasks as t where t.until > now
      union all
      select q.until from @extschema@._private_paused_queues as q where q.until > now
      union all
      (
        select min(b.next_at)
        from @extschema@._private_buckets as b
        where
          limits_queues and b.queue_name <> '' and b.next_at > since and b.written_at <= since + interval '1 second'
      )
    ) as o
  );
end;
$$;

comment on function @extschema@._private_opens_at(boolean, timestamptz, timestamptz) is
$$Internal. When, after now, the first pause ends, or, where limits_queues says that there are any, a rate of a queue
leaves room that left none at since, an instant by the clock of the server; null for never. Locks nothing.$$;
