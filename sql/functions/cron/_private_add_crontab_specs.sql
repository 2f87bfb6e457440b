create or replace function @extschema@._private_add_crontab_specs(
  tick timestamptz,
  backfilled boolean,
  specs @extschema@.job_spec[],
  job_key_modes text[]
) returns bigint[]
language plpgsql volatile
as $$
declare
  v_ids bigint[] := array_fill(null::bigint, array[cardinality(specs)]);
  v_mode text;
  v_places bigint[];
  v_added record;
begin
  foreach v_mode in array array['replace', 'preserve_run_at'] loop
    v_places := array(
      select m.place
      from unnest(job_key_modes) with ordinality as m (mode, place)
      where m.mode = v_mode
      order by m.place
    );
    for v_added in
      select j.id, j.ordinality
      from @extschema@.add_jobs(
        specs => array(
          select
            row(
              s.identifier,
              @extschema@._private_crontab_payload(payload => s.payload, tick => tick, backfilled => backfilled),
              s.queue_name, coalesce(s.run_at, tick), s.max_attempts, s.job_key, s.priority, s.flags
            )::@extschema@.job_spec
          from unnest(specs) with ordinality as s (
            identifier, payload, queue_name, run_at, max_attempts, job_key, priority, flags, place
          )
          where s.place = any(v_places)
          order by s.place
        ),
        job_key_preserve_run_at => v_mode = 'preserve_run_at'
      ) with ordinality as j
    loop
      v_ids[v_places[v_added.ordinality]] := v_added.id;
    end loop;
  end loop;
  return v_ids;
end;
$$;

comment on function @extschema@._private_add_crontab_specs(timestamptz, boolean, @extschema@.job_spec[], text[]) is
$$Internal. Adds the jobs of crontab entries, due at tick (or later, where one says run_at) and with _cron in their
payloads, each in its job_key_mode. Returns their ids in the same order. Errors and locks: those of add_jobs.$$;
