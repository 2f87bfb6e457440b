-- The bounds of a page.
select plan(9);

select lives_ok('select graphile_worker._private_check_page(0, 0, 1)', 'the least');
select throws_ok(format('select graphile_worker._private_check_page(%s)', c.arguments), 'GWBLM', null, c.arguments)
from (values ('-1, 0, 1'), ('null, 0, 1'), ('0, -1, 1'), ('0, null, 1'), ('0, 0, 0'), ('0, 0, null'), ('0, 2000000000, 1')) as c (arguments);
select throws_like('select graphile_worker._private_check_page(-7, 0, 1)', '%-7%', 'names the value');

select * from finish();
