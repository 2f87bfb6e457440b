create or replace function @extschema@._private_add_crontab_jobs(
  tick timestamptz,
  backfilled boolean,
  specs @extschema@.job_spec[],
  job_key_modes text[]
) returns table (place integer, job_id bigint, error jsonb)
language plpgsql volatile rows 10
as $$
declare
  v_ids bigint[];
  v_code text;
  v_message text;
  v_hint text;
begin
  begin
    -- One that is deferred would raise at the commit, and take back the jobs of all.
    set constraints all immediate;
    v_ids := @extschema@._private_add_crontab_specs(
      tick => tick, backfilled => backfilled, specs => specs, job_key_modes => job_key_modes
    );
  exception
    when others or assert_failure then
      if @extschema@._private_may_pass(error_code => sqlstate) then
        raise;
      end if;
      raise log 'the crontab entries of % can not be scheduled at once: %', tick, sqlerrm;
      v_ids := null;
  end;
  if v_ids is not null then
    return query select i.place::integer, i.id, null::jsonb from unnest(v_ids) with ordinality as i (id, place);
    return;
  end if;

  -- Something does not let one of them through, a trigger perhaps: it alone is left out.
  for v_place in 1 .. cardinality(specs) loop
    place := v_place;
    job_id := null;
    error := null;
    begin
      set constraints all immediate;
      v_ids := @extschema@._private_add_crontab_specs(
        tick => tick, backfilled => backfilled, specs => specs[v_place:v_place],
        job_key_modes => job_key_modes[v_place:v_place]
      );
      job_id := v_ids[1];
    exception
      when others or assert_failure then
        if @extschema@._private_may_pass(error_code => sqlstate) then
          raise;
        end if;
        get stacked diagnostics
          v_code = returned_sqlstate, v_message = message_text, v_hint = pg_exception_hint;
        error := jsonb_build_object('code', v_code, 'message', v_message, 'hint', nullif(v_hint, ''));
    end;
    return next;
  end loop;
end;
$$;

comment on function @extschema@._private_add_crontab_jobs(timestamptz, boolean, @extschema@.job_spec[], text[]) is
$$Internal. _private_add_crontab_specs, one by one when it does not work for all: a row for each, with its place among
them, and the job, or the error ({code, message, hint}) that kept it from being added. Raises what may pass
(_private_may_pass) for all. Deferred constraints are checked at once, here and for the rest of the transaction.$$;
