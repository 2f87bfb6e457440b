create or replace function @extschema@.list_schedules(
  identifiers text[] default null,
  row_limit integer default 100,
  after_identifier text default null,
  tick_count integer default 3,
  search text default null,
  state text default 'all',
  ticks_after timestamptz default null
) returns table (
  identifier text,
  words text,
  cron text,
  every interval,
  time_zone text,
  task text,
  payload json,
  queue_name text,
  priority integer,
  max_attempts integer,
  job_key text,
  job_key_mode text,
  backfill interval,
  starts_at timestamptz,
  ends_at timestamptz,
  jitter interval,
  skip_if_running boolean,
  source text,
  is_in_file boolean,
  published_at timestamptz,
  paused_at timestamptz,
  paused_by text,
  paused_until timestamptz,
  pause_reason text,
  next_ticks timestamptz[],
  last_tick timestamptz,
  last_job_id bigint,
  last_outcome text,
  last_skipped_at timestamptz,
  error text,
  error_at timestamptz,
  updated_at timestamptz,
  updated_by text
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform @extschema@._private_check_page(row_limit => row_limit, row_offset => 0, max_rows => 1);
  if tick_count is null or tick_count not between 0 and 1000 then
    raise exception using
      errcode = 'GWBLM',
      message = format('bad tick_count %s', coalesce(tick_count::text, 'null')),
      hint = 'It is 0 to 1000.';
  elsif state not in ('all', 'paused', 'failing') then
    raise exception using
      errcode = 'GWBST',
      message = format('bad state %L', state),
      hint = 'It is all, paused or failing.';
  end if;
  perform @extschema@._private_check_instants(name => 'ticks_after', instants => array[ticks_after]);
  return query
  select
    s.identifier,
    @extschema@._private_schedule_words(schedule => p.schedule),
    s.cron, s.every, s.time_zone, s.task_identifier, s.payload, s.queue_name, s.priority, s.max_attempts, s.job_key,
    s.job_key_mode, s.backfill, s.starts_at, s.ends_at, s.jitter, s.skip_if_running,
    case when s.line is null then s.file else s.file || ':' || s.line end,
    s.is_in_file, s.published_at,
    case when p.is_paused then s.paused_at end,
    case when p.is_paused then s.paused_by end,
    case when p.is_paused then s.paused_until end,
    case when p.is_paused then s.reason end,
    @extschema@._private_schedule_ticks(schedule => p.schedule, tick_count => tick_count, after => ticks_after),
    k.last_execution,
    s.last_job_id,
    case
      when s.last_skipped_at >= k.last_execution then 'skipped'
      when s.error_at = k.last_execution then 'refused'
      when s.last_job_id is null then null
      when j.id is null then 'gone'
      when j.locked_at is not null then 'running'
      when j.attempts >= j.max_attempts then 'failed'
      else 'waiting'
    end,
    s.last_skipped_at, s.error, s.error_at, s.updated_at, s.updated_by
  from (
    select o.*
    from @extschema@._private_schedules as o
    where
      (list_schedules.identifiers is null or o.identifier = any(list_schedules.identifiers))
      and (after_identifier is null or o.identifier > after_identifier)
      and (
        search is null
        or strpos(lower(o.identifier), lower(search)) > 0
        or strpos(lower(o.task_identifier), lower(search)) > 0
      )
      and case list_schedules.state
        when 'paused' then o.paused_at is not null and (o.paused_until is null or o.paused_until > clock_timestamp())
        when 'failing' then o.error is not null or exists (
          select
          from @extschema@._private_jobs as j
          where j.id = o.last_job_id and j.locked_at is null and j.attempts >= j.max_attempts
        )
        else true
      end
    order by o.identifier
    limit row_limit
  ) as s
  cross join lateral (
    select
      o as schedule,
      o.paused_at is not null and (o.paused_until is null or o.paused_until > clock_timestamp()) as is_paused
    from @extschema@._private_schedules as o
    where o.identifier = s.identifier
  ) as p
  left join @extschema@._private_known_crontabs as k on k.identifier = s.identifier
  left join @extschema@._private_jobs as j on j.id = s.last_job_id
  order by s.identifier;
end;
$$;

comment on function @extschema@.list_schedules(text[], integer, text, integer, text, text, timestamptz) is
$$Lists schedules by identifier, those of crontabs, too: the first row_limit after an identifier; only these
identifiers, null for all.

search: only those that have this in their identifier or task, upper and lower case alike. state: all, null as well;
paused; or failing, with an error or a last job that has failed for good.

words: when it is due, in words. source: null for one of set_schedule, which can be changed; else where in which crontab
it stands, or stood when is_in_file is false; published_at: when the worker started that said so. next_ticks: the next
tick_count, or those after an instant, ticks_after.
last_tick: the last that was scheduled, by whomever. last_job_id: the last job that was added for it, and last_outcome,
what came of it: waiting (for its time, its turn, or another attempt), running, failed (for good), gone (done, or
removed); skipped when the last tick added none as skip_if_running says; refused when its job could not be added, which
error says. error without that: its next tick can't be told; change it, or resume_schedule once that is mended.
Errors: GWBLM, GWBST, GWBTI.$$;
