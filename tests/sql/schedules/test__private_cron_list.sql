-- Values of a mask in words.
select plan(4);

select is(graphile_worker._private_cron_list(c.mask), c.words, c.words)
from (values (1, '0'), (3, '0 and 1'), (185, '0, 3 to 5 and 7')) as c (mask, words);
select is(graphile_worker._private_cron_list(46, '{a,b,c,d,e}'), 'a to c and e', 'by name');

select * from finish();
