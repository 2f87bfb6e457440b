-- Only a queue of this very release is taken over.
do $check$
declare
  v_installed text;
begin
  if to_regclass('@extschema@._private_bundle') is not null then
    select b.version into v_installed from @extschema@._private_bundle as b;
  end if;
  if v_installed is distinct from '@version@' then
    raise exception using
      errcode = 'object_not_in_prerequisite_state',
      message = format(
        'there is %s in schema %s, and release @version@ is what this extension takes over',
        coalesce('release ' || v_installed, 'no queue'), '@extschema@'
      ),
      hint = case
        when v_installed is null then 'To install a new one: create extension graphile_worker schema ...'
        else 'Bring it to release @version@ first: graphile-worker migrate'
      end;
  end if;
end;
$check$;
