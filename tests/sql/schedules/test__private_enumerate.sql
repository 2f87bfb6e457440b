-- Items in words.
select plan(4);

select is(graphile_worker._private_enumerate(c.items), c.words, coalesce(c.words, 'none'))
from (values ('{a}'::text[], 'a'), ('{a,b}', 'a and b'), ('{a,b,c}', 'a, b and c'), ('{}', null)) as c (items, words);

select * from finish();
