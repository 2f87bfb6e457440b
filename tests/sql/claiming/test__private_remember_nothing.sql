-- What a look that found nothing leaves for the next one.
select plan(5);

select lives_ok(
  $$select graphile_worker._private_remember_nothing(look => 'a ', next_due => to_timestamp(2.000001))$$, 'is kept'
);
select is(current_setting('graphile_worker.saw_nothing'), 'a 2000001', 'the look, and when the next job is due');
select is(
  array[
    graphile_worker._private_saw_nothing(look => 'a ', now => to_timestamp(2)),
    graphile_worker._private_saw_nothing(look => 'a ', now => to_timestamp(2.000001))
  ],
  array[true, false], 'as the next look reads it'
);
select lives_ok(
  $$select graphile_worker._private_remember_nothing(look => 'b ', next_due => 'infinity')$$, 'no job at all'
);
select is(
  graphile_worker._private_saw_nothing(look => 'b ', now => now() + interval '1000 years'), true, 'is far enough away'
);

select * from finish();
