-- All queues that fit patterns, without reading those that don't.
select plan(23);

insert into graphile_worker._private_job_queues (queue_name)
select q.name from unnest(array['m', 'mail', 'mail:a', 'mail:b', 'Mail', 'mailbox', 'z', 'é', '50%', 'a_b', 'axb', 'c\d'])
  as q (name);
create function pg_temp.named(only_queues text[], not_queues text[] default null, max_read integer default 1000)
returns text[] language sql as $$
  select case when n.ids is not null then array(
    select q.queue_name from graphile_worker._private_job_queues as q
    where q.id = any(n.ids) order by q.queue_name collate "C"
  ) end
  from graphile_worker._private_named_queues(
    graphile_worker._private_queue_patterns('only_queues', only_queues, true),
    graphile_worker._private_queue_patterns('not_queues', not_queues, false), max_read
  ) as n (ids)
$$;

select is(pg_temp.named('{mail}'), '{mail}', 'a name');
select is(pg_temp.named('{z,mail,none}'), '{mail,z}', 'several, one of which is no queue');
select is(pg_temp.named('{mail*}'), '{mail,mail:a,mail:b,mailbox}', 'a beginning');
select is(pg_temp.named('{mail:*}'), '{mail:a,mail:b}', 'a longer one');
select is(pg_temp.named('{mail:*,m*}'), '{m,mail,mail:a,mail:b,mailbox}', 'two that overlap');
select is(pg_temp.named('{*}', '{m*}'), '{50%,Mail,a_b,axb,"c\\d",z,é}', 'any but');
select is(pg_temp.named('{m*}', '{mail*}'), '{m}', 'some of these but');
select is(pg_temp.named('{m*}', '{mail:*,mail}'), '{m,mailbox}', 'by name, too');
select is(pg_temp.named(null, '{mail:*,c*,a_b}'), '{50%,Mail,axb,m,mail,mailbox,z,é}', 'all but');
select is(pg_temp.named(null, '{*}'), '{}', 'all but all');
select is(pg_temp.named('{none,no:*}'), '{}', 'no such queue');
select is(pg_temp.named('{}'), '{}', 'none wanted');
select is(pg_temp.named('{""}'), '{}', 'none with a name wanted');
select is(pg_temp.named('{a_b}'), '{a_b}', 'an underscore is one');
select is(pg_temp.named('{50%}'), '{50%}', 'a percent sign is one');
select is(pg_temp.named(array['c\d', 'c\*']), array['c\d'], 'a backslash is one');
select is(pg_temp.named('{é*}'), '{é}', 'a letter beyond ASCII');
select is(pg_temp.named('{*}', null, 3), null, 'more than may be read');
select is(pg_temp.named('{z}', null, 3), '{z}', 'few, at the end');

-- What lies between is not read.
insert into graphile_worker._private_job_queues (queue_name) select 'bulk:' || g from generate_series(1, 3000) as g;
select is(pg_temp.named(null, '{bulk:*}', 100), pg_temp.named('{*}', '{bulk:*}', 100), 'three thousand are passed over');
select is(pg_temp.named('{axb,c*,z}', null, 100), '{axb,"c\\d",z}', 'between those that are named as well');
select is(pg_temp.named('{*}', '{bulk:*}', 100), pg_temp.named('{*}', '{bulk:*}'), 'and so it is as with time enough');
select is(pg_temp.named('{bulk:*}', null, 100), null, 'unless they are wanted');

select * from finish();
