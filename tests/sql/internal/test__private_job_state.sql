-- The four states of a job, exclusive of each other.
select plan(8);

select is(
  graphile_worker._private_job_state(c.is_available, c.locked_at, c.run_at),
  c.state,
  c.name
)
from (values
  (true, null, now() - interval '1 hour', 'ready', 'due and free: ready'),
  (true, null, now(), 'ready', 'due at this instant: ready'),
  (true, null, now() + interval '1 microsecond', 'scheduled', 'due later: scheduled'),
  (false, null, now() - interval '1 hour', 'failed', 'neither free nor locked: failed'),
  (false, null, now() + interval '1 hour', 'failed', 'failed, whatever its run_at says'),
  (false, now(), now() - interval '1 hour', 'locked', 'held by a worker: locked'),
  (false, now(), now() + interval '1 hour', 'locked', 'locked, whatever its run_at says'),
  (false, now() - interval '1 year', now(), 'locked', 'locked, however long ago')
) as c (is_available, locked_at, run_at, state, name);

select * from finish();
