create or replace function @extschema@.unique_key(payload json, paths text[] default null) returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_payload jsonb;
  v_parts jsonb := jsonb_build_object();
  v_path text;
  v_part jsonb;
  v_key text;
begin
  begin
    v_payload := coalesce(payload, '{}');
  exception
    -- \u0000, half of a surrogate pair, 1e999999 and strings of 256 MB, which json has and jsonb has not.
    when
      untranslatable_character or invalid_text_representation or numeric_value_out_of_range or program_limit_exceeded
    then
      raise exception using
        errcode = 'GWBUQ',
        message = format('the payload can be no unique key: %s', sqlerrm),
        hint = 'Give a unique key of your own.';
  end;
  if cardinality(paths) > 0 then
    foreach v_path in array paths loop
      v_part := v_payload #> string_to_array(v_path, '.');
      -- All payloads without it would be one job. Who has misspelled a name is to hear of it.
      if v_part is null then
        raise exception using
          errcode = 'GWBUQ',
          message = format('the payload has nothing at %s', coalesce(quote_literal(v_path), 'null')),
          hint = 'A path names a member of the payload, order.id one within another; its value may be null.';
      end if;
      v_parts := v_parts || jsonb_build_object(v_path, v_part);
    end loop;
    v_key := v_parts::text;
  else
    v_key := v_payload::text;
  end if;
  if length(v_key) <= 200 then
    return v_key;
  end if;
  -- Not converted, as a database without an encoding can't.
  return 'sha256:' || encode(sha256(convert_to(v_key, getdatabaseencoding()::name)), 'hex');
end;
$$;

comment on function @extschema@.unique_key(json, text[]) is
$$Makes a key for add_unique_job out of a payload: the same for payloads that differ in the order and repetition of
members and in blanks only. paths: only of what is there, {user_id,order.id}; null or empty for all of the payload. Up
to 200 characters it is JSON that can be read, else a digest of that. Numbers are as they are written: 1 is not 1.0.
Errors: GWBUQ for a path that leads nowhere, and for a payload that jsonb has no value for, as with \u0000 or 1e999999
in it.$$;
