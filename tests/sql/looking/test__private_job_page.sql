-- The one search behind lists: list_jobs and list_jobs_page have the cases; here is what they share.
select plan(5);

select graphile_worker.add_job('t', job_key => 'k' || n) from generate_series(1, 6) as n (n);
create function pg_temp.page(row_limit integer, row_offset integer, search text) returns text language sql as $$
  select concat_ws(
    ' ', array(
      select j.key
      from unnest(p.ids) with ordinality as i (id, ordinal)
      inner join graphile_worker._private_jobs as j on j.id = i.id
      order by i.ordinal
    ), p.looked_at, p.complete, (select j.key from graphile_worker._private_jobs as j where j.id = p.next_id)
  )
  from graphile_worker._private_job_page('all', null, null, search, row_limit, row_offset, null, null, 100) as p
$$;
select is(pg_temp.page(2, 0, null), '{k6,k5} f k5', 'a full page and where the next begins');
select is(pg_temp.page(2, 2, null), '{k4,k3} f k3', 'an offset skips');
select is(pg_temp.page(4, 3, null), '{k3,k2,k1} t', 'the last page');
select is(pg_temp.page(2, 3, 'k'), '{k3,k2} 6 f k2', 'a search tells what it looked at');
select is(pg_temp.page(0, 0, 'k'), '{} 6 t', 'no jobs at all: how far it would look');

select * from finish();
