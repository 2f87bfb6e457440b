create or replace function @extschema@._private_is_exhausted(queue_name text) returns boolean
language sql stable
as $$
  select exists (
    select
    from @extschema@._private_buckets as b
    where b.queue_name <> '' and b.queue_name = _private_is_exhausted.queue_name and b.next_at > clock_timestamp()
  )
$$;

comment on function @extschema@._private_is_exhausted(text) is
$$Internal. Whether the rate of a queue is known to leave no room for a job. It becomes a part of the query that calls
it.$$;
