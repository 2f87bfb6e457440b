create or replace function @extschema@._private_held_rates(queue_ids integer[]) returns integer[]
language plpgsql volatile
as $$
begin
  return array(
    with rated as materialized (
      select l.queue_id, l.kind, l.name, l.queue_name
      from @extschema@._private_queue_limits(queue_ids => _private_held_rates.queue_ids) as l
      where l.rate is not null
    ),

    locked as materialized (
      select b.kind, b.name, b.queue_name
      from @extschema@._private_buckets as b
      inner join rated as r on r.kind = b.kind and r.name = b.name and r.queue_name = b.queue_name
      for no key update of b skip locked
    )

    select r.queue_id
    from rated as r
    inner join @extschema@._private_buckets as b on b.kind = r.kind and b.name = r.name and b.queue_name = r.queue_name
    left join locked as l on l.kind = r.kind and l.name = r.name and l.queue_name = r.queue_name
    where l.kind is null
  );
end;
$$;

comment on function @extschema@._private_held_rates(integer[]) is
$$Internal. Those of these queues of which somebody else has locked how much of their rate is used; locks that of the
others. Locks: buckets, never waiting.$$;
