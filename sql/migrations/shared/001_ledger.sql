-- Whether a revision breaks older runtimes was not recorded at first; today's runtimes add the column by themselves.
alter table @extschema@.migrations add column if not exists breaking boolean not null default false;

update @extschema@.migrations as m
set breaking = true
where m.id in (1, 3, 11, 13, 14, 16) and not m.breaking;
