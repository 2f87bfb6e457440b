
insert into @extschema@._private_migrations (id, name, breaking) values (@number@, '@name@', @breaking@);
