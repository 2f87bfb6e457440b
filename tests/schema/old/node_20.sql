-- Stand-in: see README.md.
insert into @extschema@.migrations (id, breaking) values (19, true), (20, false);
