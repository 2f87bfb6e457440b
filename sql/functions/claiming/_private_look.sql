create or replace function @extschema@._private_look(
  task_ids integer[],
  only_queues text[] default null,
  not_queues text[] default null
) returns text
language sql volatile
as $$
  -- What a transaction has written itself is in no snapshot.
  select case
    when txid_current_if_assigned() is null
      then format(
        '%s %s %s %s %s ', '@extschema@._private_jobs'::regclass::oid, task_ids, only_queues, not_queues,
        txid_current_snapshot()
      )
  end
$$;

comment on function @extschema@._private_look(integer[], text[], text[]) is
$$Internal. A text that names a look for jobs of these tasks and queues at this moment: as long as no transaction ends
anywhere in the server, the same look has the same name, and would see the same rows. Null in a transaction that has
written something. get_jobs keeps the name of a look that found nothing it could claim, followed by when the next job it
saw is due, in microseconds since 1970, in the setting graphile_worker.saw_nothing of its session: see
_private_remember_nothing.$$;
