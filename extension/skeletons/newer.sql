-- What a later release, or another runtime, has made so that this release cannot work on it stays as it is.
do $newer$
declare
  v_breaking text;
  v_newer text;
begin
  select
    string_agg(l.revision, ', ') filter (where l.breaking),
    string_agg(l.revision, ', ') filter (where not l.breaking)
  into v_breaking, v_newer
  from (
    select m.id::text, m.breaking from @extschema@.migrations as m where m.id > 20
    union all
    select m.name, m.breaking from @extschema@._private_migrations as m where m.id > @known@
  ) as l (revision, breaking);
  if v_breaking is not null then
    raise exception using
      errcode = 'object_not_in_prerequisite_state',
      message = format('schema %s has breaking revisions that release @version@ does not know: %s', '@extschema@', v_breaking),
      hint = 'Install the release that made them, or a newer one; nothing was changed.';
  elsif v_newer is not null then
    raise warning 'schema % has revisions that release @version@ does not know, none of them breaking: %', '@extschema@', v_newer;
  end if;
end;
$newer$;
