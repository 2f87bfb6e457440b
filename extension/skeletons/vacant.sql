-- Asked before anything is made: what stands in the way would end in a bare "relation already exists".
do $vacant$
declare
  v_found record;
begin
  execute @inspect@ into v_found;
  if v_found.relations <> '{}' then
    raise exception using
      errcode = 'object_not_in_prerequisite_state',
      message = format('schema %s holds %s', '@extschema@', array_to_string(v_found.relations, ', ')),
      hint = case
        when v_found.has_own_ledger then
          'The queue that is there becomes the extension''s with: create extension ... version ''unpackaged''; and then '
          'alter extension ... update. To keep it as it is: graphile-worker migrate'
        when v_found.has_ledger then 'The queue of another runtime is taken over with: graphile-worker migrate'
        else 'Choose another schema.'
      end;
  end if;
end;
$vacant$;
