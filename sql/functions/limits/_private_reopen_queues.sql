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
  )

  -- When there is room within a rate, by the limit that holds now; at once, where that is another one.
  update @extschema@._private_buckets as b
  set
    next_at = coalesce(
      (
        select
          v_clock + make_interval(
            secs => greatest(1 - r.tokens, 0) / r.rate * extract(epoch from r.per)::double precision
          )
        from @extschema@._private_queue_rooms(
          queue_ids => array(select q.id from @extschema@._private_job_queues as q where q.queue_name = b.queue_name),
          clock => v_clock
        ) as r
        where r.kind = b.kind and r.name = b.name and r.rate is not null
      ),
      now()
    ),
    written_at = v_clock
  from locked as l
  where b.kind = l.kind and b.name = l.name and b.queue_name = l.queue_name;
  perform @extschema@._private_settle_queues();
end;
$$;

comment on function @extschema@._private_reopen_queues() is
$$Internal. What follows from a change of the limits of queues. Locks: buckets; queue rows in id order, passing over
those in use.$$;
