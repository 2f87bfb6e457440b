create or replace function @extschema@._private_worker_lock(worker_id text) returns bigint
language sql stable
as $$
  select hashtextextended(worker_id, '@extschema@'::regnamespace::oid::bigint)
$$;

comment on function @extschema@._private_worker_lock(text) is
$$Internal. The key of the advisory lock that a worker of this schema holds for as long as its connection lives; that
of the sweep, for the id ''.$$;
