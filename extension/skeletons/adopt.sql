-- Makes a schema that `graphile-worker migrate` (or the file for psql) made the extension's: every object of this release
-- becomes a member, no row is touched. What else stands in the schema stays its owner's; tables whose names begin with
-- _private_ are the queue's.
do $adopt$
declare
  v_object text;
begin
  for v_object in
    select format('%s %s', o.kind, o.name)
    from (
      select 1, 'table', c.oid::regclass::text
      from pg_class as c
      where
        c.relnamespace = '@extschema@'::regnamespace and c.relkind = 'r'
        and (left(c.relname, 9) = '_private_' or c.relname = 'migrations')
      union all
      select 2, 'sequence', s.oid::regclass::text
      from pg_depend as d
      inner join pg_class as s on d.objid = s.oid and s.relkind = 'S'
      inner join pg_class as c on d.refobjid = c.oid
      where
        d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
        and c.relnamespace = '@extschema@'::regnamespace and left(c.relname, 9) = '_private_'
      union all
      select 3, 'type', t.oid::regtype::text
      from pg_type as t
      where t.typnamespace = '@extschema@'::regnamespace and t.typname = 'job_spec'
      union all
      select 4, 'function', p.oid::regprocedure::text
      from pg_proc as p
      where
        p.pronamespace = '@extschema@'::regnamespace and p.prokind = 'f'
        and p.proname = any(array[@functions@])
      union all
      select 5, 'view', c.oid::regclass::text
      from pg_class as c
      where
        c.relnamespace = '@extschema@'::regnamespace and c.relkind = 'v' and c.relname = any(array[@views@])
    ) as o (step, kind, name)
    order by o.step, o.name
  loop
    execute 'alter extension graphile_worker add ' || v_object;
  end loop;
end;
$adopt$;
