create or replace function @extschema@._private_takes_queue(
  queue_name text,
  only_queues text[],
  not_queues text[]
) returns boolean
language sql immutable
as $$
  select (only_queues is null or queue_name like any(only_queues))
    and (not_queues is null or queue_name not like all(not_queues))
$$;

comment on function @extschema@._private_takes_queue(text, text[], text[]) is
$$Internal. Whether a worker that takes only queues that fit one of only_queues (null: any), and none of not_queues,
takes jobs of this queue. Patterns are those of `like`. It becomes a part of the query that calls it.$$;
