
-- The row that `graphile-worker migrate` writes after the bundle, and by which it knows that there is nothing to do.
insert into @extschema@._private_bundle (version, checksum, fingerprint)
select '@version@', '@checksum@', f.fingerprint
from (@fingerprint@) as f
on conflict (singleton) do update
  set version = excluded.version, checksum = excluded.checksum,
    fingerprint = excluded.fingerprint, installed_at = now();
