create or replace function @extschema@._private_claim_guarded(worker_id text, ctids tid[]) returns bigint[]
language plpgsql volatile
as $$
declare
  v_ids bigint[];
  v_together bigint[];
  v_apart bigint[];
  v_claimed_ids bigint[];
  v_id bigint;
  v_errors text[] := array[]::text[];
  v_refused_ids bigint[] := array[]::bigint[];
begin
  v_ids := array(select j.id from @extschema@._private_jobs as j where j.ctid = any(ctids));
  -- What was refused before does not spoil it for the others a second time.
  v_apart := array(select r.job_id from @extschema@._private_refused_claims as r where r.job_id = any(v_ids));
  v_together := array(select i.id from unnest(v_ids) as i (id) where i.id <> all(v_apart));
  -- What the caller's transaction has deferred until now is no fault of a job's: it raises here, and not below.
  set constraints all immediate;
  begin
    v_claimed_ids := @extschema@._private_update_claimed(worker_id => worker_id, job_ids => v_together);
    v_refused_ids := array(select i.id from unnest(v_together) as i (id) where i.id <> all(v_claimed_ids));
    v_errors := array_fill('something leaves its row as it is'::text, array[cardinality(v_refused_ids)]);
  exception
    when others or assert_failure then
      -- What the server lacks is no fault of a job's. Who collides is tried again soon, like one that is refused.
      if @extschema@._private_may_pass(sqlstate) and not @extschema@._private_is_collision(sqlstate) then
        raise;
      end if;
      v_claimed_ids := '{}';
      v_apart := v_ids;
  end;

  foreach v_id in array v_apart loop
    begin
      if
        cardinality(@extschema@._private_update_claimed(worker_id => worker_id, job_ids => array[v_id])) = 1
      then
        v_claimed_ids := array_append(v_claimed_ids, v_id);
      else
        v_refused_ids := array_append(v_refused_ids, v_id);
        v_errors := array_append(v_errors, 'something leaves its row as it is');
      end if;
    exception
      when others or assert_failure then
        if @extschema@._private_may_pass(sqlstate) and not @extschema@._private_is_collision(sqlstate) then
          raise;
        end if;
        v_refused_ids := array_append(v_refused_ids, v_id);
        v_errors := array_append(v_errors, sqlerrm);
    end;
  end loop;

  if cardinality(v_refused_ids) > 0 then
    perform @extschema@._private_refuse_claims(worker_id => worker_id, job_ids => v_refused_ids, errors => v_errors);
  end if;
  -- It reads all that was refused: not while there is nothing but refusals.
  if cardinality(v_claimed_ids) > 0 then
    perform @extschema@._private_forget_refused_claims(claimed_ids => v_claimed_ids);
  end if;
  return v_claimed_ids;
end;
$$;

comment on function @extschema@._private_claim_guarded(text, tid[]) is
$$Internal. Claims the jobs at these positions, which the caller has locked, for a worker; where something does not let
one of them through, a trigger perhaps, the others all the same. Returns the ids of those that were claimed. For tables
that have triggers, rules or constraints of somebody's: the savepoint costs a few microseconds per claim. Locks: see
_private_refuse_claims; raises what passes, other than collisions, and what the transaction had deferred before.$$;
