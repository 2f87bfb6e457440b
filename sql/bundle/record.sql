-- What was installed: by this the next migration knows that there is nothing to do, or what it no longer needs.
insert into @extschema@._private_bundle (version, checksum, fingerprint, functions)
select
  '@version@' as version,
  '@checksum@' as checksum,
  (@fingerprint@) as fingerprint,
  array(select f.signature::text from unnest(array[@signatures@]) as f (signature)) as functions
on conflict (singleton) do update
  set
    version = excluded.version,
    checksum = excluded.checksum,
    fingerprint = excluded.fingerprint,
    functions = excluded.functions,
    installed_at = now();
