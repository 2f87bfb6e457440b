select pg_notify('worker:migrate', '{"migrationNumber": @number@, "breaking": @breaking@}');
