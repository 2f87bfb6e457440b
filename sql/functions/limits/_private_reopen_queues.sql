create or replace function @extschema@._private_reopen_queues() returns void
language plpgsql volatile
as $$
declare
  v_clock constant timestamptz := clock_timestamp();
begin
  with locked as materialized (
    select b.kind, b.name, b.queue_name
    from @extschema@._private_buckets as b
    where b.queue_name <> '' and b.next_at > v_clock
    -- In the order in which claims write them.
    order by b.kind, b.name, b.queue_name
    for update
  ),

  limited as materialized (
    select l.kind, l.name, l.queue_name, l.burst, extract(epoch from l.per)::double precision / l.rate as seconds
    from @extschema@._private_queue_limits(
      queue_ids => array(
        select q.id from @extschema@._private_job_queues as q
        where q.queue_name = any(array(select b.queue_name from locked as b))
      )
    ) as l
    where l.rate is not null
  )

  -- When there is room within a rate, by the limit that holds now; at once, where that is another one, or the rate has
  -- become faster (_private_tokens).
  update @extschema@._private_buckets as b
  set
    next_at = case
      when b.full_at - v_clock <= make_interval(secs => l.burst * l.seconds + 1)
        then greatest(b.full_at - make_interval(secs => (l.burst - 1) * l.seconds), now())
      else now()
    end,
    written_at = v_clock
  from locked as o
  left join limited as l on l.kind = o.kind and l.name = o.name and l.queue_name = o.queue_name
  where b.kind = o.kind and b.name = o.name and b.queue_name = o.queue_name;
  perform @extschema@._private_settle_queues();
end;
$$;

comment on function @extschema@._private_reopen_queues() is
$$Internal. What follows from a change of the limits of queues. Locks: buckets; queue rows in id order, passing over
those in use.$$;
