select plan(6);

select is((select is_guarded from graphile_worker._private_claim_hazards()), false, 'nobody has put anything on the table');

insert into graphile_worker._private_refused_claims values (1, now(), now(), now(), 1, 'no');
select is((select is_guarded from graphile_worker._private_claim_hazards()), true, 'a claim was refused');
delete from graphile_worker._private_refused_claims;

alter table graphile_worker._private_jobs add constraint mine check (priority < 100);
select is((select is_guarded from graphile_worker._private_claim_hazards()), true, 'a constraint');
alter table graphile_worker._private_jobs drop constraint mine;

create function refuse() returns trigger language plpgsql as 'begin return new; end';
create trigger mine before update on graphile_worker._private_jobs for each row execute function refuse();
select is((select is_guarded from graphile_worker._private_claim_hazards()), true, 'a trigger');

select is((select may_expire from graphile_worker._private_claim_hazards()), false, 'no task has jobs that expire');
insert into graphile_worker._private_rooms values ('expiry');
select is((select may_expire from graphile_worker._private_claim_hazards()), true, 'some task has');

select * from finish();
