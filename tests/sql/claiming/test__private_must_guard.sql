select plan(4);

select is(graphile_worker._private_must_guard(), false, 'nobody has put anything on the table');

insert into graphile_worker._private_refused_claims values (1, now(), now(), now(), 1, 'no');
select is(graphile_worker._private_must_guard(), true, 'a claim was refused');
delete from graphile_worker._private_refused_claims;

alter table graphile_worker._private_jobs add constraint mine check (priority < 100);
select is(graphile_worker._private_must_guard(), true, 'a constraint');
alter table graphile_worker._private_jobs drop constraint mine;

create function refuse() returns trigger language plpgsql as 'begin return new; end';
create trigger mine before update on graphile_worker._private_jobs for each row execute function refuse();
select is(graphile_worker._private_must_guard(), true, 'a trigger');

select * from finish();
