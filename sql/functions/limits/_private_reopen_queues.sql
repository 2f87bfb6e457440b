create or replace function @extschema@._private_reopen_queues() returns void
language plpgsql volatile
as $$
begin
  -- Whether there is room within a rate is looked up anew, whatever is known of it.
  update @extschema@._private_buckets as b set next_at = now() where b.queue_name <> '' and b.next_at > now();
  perform @extschema@._private_settle_queues();
end;
$$;

comment on function @extschema@._private_reopen_queues() is
$$Internal. What follows from a change of the limits of queues. Locks: buckets; queue rows in id order, passing over
those in use.$$;
