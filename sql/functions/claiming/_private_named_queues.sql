create or replace function @extschema@._private_named_queues(
  only_queues text[],
  not_queues text[],
  max_read integer
) returns integer[]
language plpgsql stable
as $$
declare
  v_ids integer[] := array[]::integer[];
  v_chunk_ids integer[];
  v_only_from text[];
  v_from text collate "C" := '';
  v_last text collate "C";
  v_read integer := 0;
  v_count integer;
  v_limit integer := least(16, max_read);
begin
  if only_queues is not null then
    v_only_from := array(
      select regexp_replace(regexp_replace(p.pattern, E'^(([^\\\\]|\\\\.)*)%$', E'\\1'), E'\\\\(.)', E'\\1', 'g')
      from unnest(only_queues) as p (pattern)
    );
    select min(o.name collate "C") into v_from from unnest(v_only_from) as o (name);
  end if;
  -- Until no pattern begins behind what was read.
  while v_from is not null loop
    select
      array_agg(r.id) filter (where @extschema@._private_takes_queue(
        queue_name => r.queue_name, only_queues => _private_named_queues.only_queues,
        not_queues => _private_named_queues.not_queues
      )),
      count(*), max(r.queue_name collate "C")
    into v_chunk_ids, v_count, v_last
    from (
      select q.id, q.queue_name
      from @extschema@._private_job_queues as q
      where q.queue_name collate "C" >= v_from
      order by q.queue_name collate "C"
      limit v_limit
    ) as r;
    v_ids := v_ids || v_chunk_ids;
    exit when v_count < v_limit;
    v_read := v_read + v_count;
    if v_read >= max_read then
      return null;
    end if;
    v_limit := least(4 * v_limit, max_read - v_read);

    -- Go on behind the last name, and where that is left out, behind all that is left out with it.
    v_from := v_last || chr(1);
    if only_queues is not null and v_last not like all(only_queues) then
      select min(o.name collate "C") into v_from from unnest(v_only_from) as o (name)
      where o.name collate "C" > v_last;
    elsif v_last like any(not_queues) then
      select
        greatest(v_from, max(n.prefix || chr(case getdatabaseencoding() when 'UTF8' then 1114111 else 127 end)))
      into v_from
      from (
        select regexp_replace(left(p.pattern, -1), E'\\\\(.)', E'\\1', 'g') as prefix
        from unnest(not_queues) as p (pattern)
        where p.pattern ~ E'^([^\\\\]|\\\\.)*%$' and v_last like p.pattern
      ) as n;
    end if;
  end loop;
  return v_ids;
end;
$$;

comment on function @extschema@._private_named_queues(text[], text[], integer) is
$$Internal. The queues that _private_takes_queue takes, all of them; null where that takes reading max_read names or
more. What only_queues does not name, and what lies within one pattern of not_queues, is passed over without reading
it. Locks nothing.$$;
