-- The one search behind lists: list_jobs and list_jobs_page have the cases; here is what they share.
select plan(13);

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

-- A job that is found by its id alone: on the first page, and each job once, by next_id as well as by row_offset.
update graphile_worker._private_jobs as j
set key = translate(j.key, '123456', 'abcdef'), payload = case when j.key = 'k2' then '{}' else to_json(array[k.id]) end
from graphile_worker._private_jobs as k
where k.key = 'k2';
create function pg_temp.walk(row_limit integer, by_offset boolean, max_rows integer) returns text
language plpgsql as $$
declare
  v_before bigint;
  v_page record;
  v_pages text[] := '{}';
begin
  for v_number in 0 .. 9 loop
    select p.* into v_page
    from graphile_worker._private_job_page(
      'all', null, null, (select j.id::text from graphile_worker._private_jobs as j where j.key = 'kb'), row_limit,
      case when by_offset then v_number * row_limit else 0 end, v_before, null, max_rows
    ) as p;
    v_pages := v_pages || coalesce((
      select string_agg(j.key, ' ' order by j.id desc)
      from graphile_worker._private_jobs as j where j.id = any(v_page.ids)
    ), '');
    exit when v_page.complete;
    if not by_offset then
      v_before := v_page.next_id;
    end if;
  end loop;
  return array_to_string(v_pages, '|');
end;
$$;
select is(pg_temp.walk(w.row_limit, w.by_offset, w.max_rows), w.pages, 'pages of ' || w.row_limit || ': ' || w.pages)
from (values
  (1, false, 100, 'kb|kf|ke|kd|kc|ka|'), (1, true, 100, 'kb|kf|ke|kd|kc|ka|'), (2, false, 100, 'kf kb|ke kd|kc ka|'),
  (2, true, 100, 'kf kb|ke kd|kc ka|'), (4, false, 100, 'kf ke kd kb|kc ka'), (4, true, 100, 'kf ke kd kb|kc ka'),
  (9, false, 100, 'kf ke kd kc kb ka'), (2, false, 3, 'kf kb|ke kd|kc ka|')
) as w (row_limit, by_offset, max_rows, pages);

select * from finish();
