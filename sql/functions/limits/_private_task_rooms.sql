create or replace function @extschema@._private_task_rooms(task_ids integer[], clock timestamptz) returns table (
  task_id integer,
  task_identifier text,
  room integer,
  free_at timestamptz,
  tokens double precision,
  running integer,
  max_running integer,
  rate double precision,
  per interval,
  burst integer,
  weight_by text
)
language plpgsql stable rows 10
-- Its plan is kept; one of a function in SQL is made anew where it can't become a part of the query that calls it.
as $$
begin
  return query
  select
    t.id,
    t.identifier,
    greatest(least(f.max_running - r.running, floor(b.tokens)::integer), 0),
    case
      when r.running >= f.max_running then null
      when b.tokens < 1 then clock + (1 - b.tokens) / f.rate * f.per
    end,
    b.tokens,
    r.running,
    f.max_running,
    f.rate,
    f.per,
    f.burst,
    f.weight_by
  from unnest(task_ids) as i (id)
  inner join @extschema@._private_tasks as t on t.id = i.id
  inner join lateral (
    select l.*
    from @extschema@._private_limits_in_force() as l
    where l.kind = 'task' and l.name = t.identifier
  ) as f on true
  cross join lateral (
    select case
      when f.max_running is not null then (
        select count(*)::integer
        from (
          select
          from @extschema@._private_jobs as j
          where j.locked_at is not null and j.task_id = t.id
          limit f.max_running
        ) as n
      )
    end as running
  ) as r
  cross join lateral (
    select case
      when f.rate is not null then @extschema@._private_tokens(
        full_at => (
          select k.full_at from @extschema@._private_buckets as k
          where k.kind = 'task' and k.name = t.identifier and k.queue_name = ''
        ),
        clock => _private_task_rooms.clock, rate => f.rate, per => f.per, burst => f.burst
      )
    end as tokens
  ) as b
  where f.max_running is not null or f.rate is not null;
end;
$$;

comment on function @extschema@._private_task_rooms(integer[], timestamptz) is
$$Internal. Of these tasks those that are limited: room for how many more jobs there is at an instant by the clock of
the server, and, where it is the rate that leaves none, when it leaves one again (free_at). tokens: for how many jobs
there is room within the rate, null without one. running: how many somebody holds, counted up to max_running. Whoever
has locked the limit finds in a later statement what holds until he commits. Reads an entry of an index per running
job.$$;
