create or replace function @extschema@.get_jobs(
  worker_id text,
  task_identifiers text[] default null,
  max_jobs integer default 1,
  forbidden_flags text[] default null,
  now timestamptz default now(),
  after_priority integer default null,
  after_run_at timestamptz default null,
  after_id bigint default null,
  must_be_registered boolean default false,
  only_queues text[] default null,
  not_queues text[] default null,
  max_per_task integer[] default null,
  max_limited integer default null
) returns table (
  id bigint,
  task_identifier text,
  payload json,
  queue_name text,
  priority smallint,
  run_at timestamptz,
  attempts smallint,
  max_attempts smallint,
  created_at timestamptz,
  key text,
  flags jsonb
)
language plpgsql volatile rows 10 security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- To a round that is nothing to claim.
  if max_jobs = 0 then
    perform @extschema@._private_check_claim(worker_id => worker_id, max_jobs => 0, now => now(), may_claim => true);
  end if;
  return query
  select
    r.id, r.task_identifier, r.payload, r.queue_name, r.priority, r.run_at, r.attempts, r.max_attempts, r.created_at,
    r.key, r.flags
  from @extschema@.worker_round(
    worker_id => get_jobs.worker_id, task_identifiers => get_jobs.task_identifiers, max_jobs => get_jobs.max_jobs,
    forbidden_flags => get_jobs.forbidden_flags, now => get_jobs.now, after_priority => get_jobs.after_priority,
    after_run_at => get_jobs.after_run_at, after_id => get_jobs.after_id,
    must_be_registered => get_jobs.must_be_registered, only_queues => get_jobs.only_queues,
    not_queues => get_jobs.not_queues, max_per_task => get_jobs.max_per_task,
    max_limited => get_jobs.max_limited
  ) as r
  where r.kind = 'job';
end;
$$;

comment on function @extschema@.get_jobs(
  text, text[], integer, text[], timestamptz, integer, timestamptz, bigint, boolean, text[], text[], integer[],
  integer
) is
$$Claims up to max_jobs jobs for a worker and returns what it needs to run them, in the order to start them: by
priority, run_at, id. Each claim counts as an attempt. The jobs belong to the worker until it hands them to
complete_jobs, fail_jobs or return_jobs; a worker that lost the answer calls resume_worker.

worker_id: this worker's own id. task_identifiers: the tasks it can run; null for any. forbidden_flags: jobs that carry
one of them are left alone. now: what decides what is due; the server's clock when null, by which locks are dated. A
named queue never has two jobs claimed at once, or more than its width. A job of a queue that waits for its retry does
not hold up those behind it. Of tasks and queues that are paused (pause_task, pause_queue) nothing is claimed.

after_priority, after_run_at, after_id: a hint, all three or none: the position of the last job without a queue that the
worker claimed. Jobs at that priority before it are looked at last, and only while max_jobs are not full, which saves
reading past all that have come and gone where vacuum cannot remove them. A worker with a backlog gives it, and leaves
it out once per poll interval: a job may have been committed, or given back, before the position.

Where something on the jobs table, a trigger perhaps, refuses the claim of one job, the others are claimed all the same:
see list_refused_claims. Its queue, which is not left locked, waits for it. What has waited for longer than the policy
of its task allows (set_task_policy) is not claimed but failed for good.

only_queues, not_queues: names of queues, or their beginnings followed by *. With only_queues jobs of other queues are
left alone, and jobs without a queue, too, unless one of the patterns is empty; with not_queues jobs of those queues.
max_per_task: of each of task_identifiers, which have to be given, at most so many; null for no bound. max_limited: of
tasks and queues that are limited (limit_task, limit_queue) at most so many. A worker gives the number of its idle
slots: what it claims ahead takes up room, and doesn't run. What has no room is left alone, and holds up nothing.

must_be_registered: claim nothing for a worker that sends heartbeats and was taken for dead since: GWNRG.

Locks: the rows it claims, their limits and nothing else, never waiting for anyone, but 50 ms at most for a limit where
nothing else comes of it. Errors: GWBWI, GWBLM, GWBTI, GWNRG, GWBPT, GWBAL, GWISO.$$;
