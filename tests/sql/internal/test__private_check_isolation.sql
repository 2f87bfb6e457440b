-- What other levels get is tested with sessions of their own: a transaction can't change its level after a query.
select plan(1);

select lives_ok($$select graphile_worker._private_check_isolation('anything')$$, 'read committed is right');

select * from finish();
