-- Cron expressions in words.
select no_plan();

select is(graphile_worker._private_cron_words(c.expression), c.words, c.expression)
from (
  values
  ('* * * * *', 'every minute'),
  ('*/5 * * * *', 'every 5 minutes'),
  ('0 * * * *', 'at minute 0 of every hour'),
  ('*/7 * * * *', 'at minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every hour'),
  ('30 4 * * 1', 'at 04:30 on Monday'),
  ('0 8 * * *', 'at 08:00 every day'),
  ('0,15 8,9 * * 6,0', 'at 08:00, 08:15, 09:00 and 09:15 on Saturday and Sunday'),
  ('0 8 * * 1-5', 'at 08:00 on Monday to Friday'),
  ('0 0 1 * *', 'at 00:00 on day 1 of the month'),
  ('0 0 13 * 5', 'at 00:00 on day 13 of the month or on Friday'),
  ('0 0 29 2 *', 'at 00:00 on day 29 of the month in February'),
  ('0 0 */10 1-3,12 *', 'at 00:00 on days 1, 11, 21 and 31 of the month in January to March and December'),
  ('*/30 8-18 * * *', 'every 30 minutes of hours 8 to 18 every day'),
  ('0 */2 * * *', 'at minute 0 of every 2nd hour every day'),
  ('0 */3 * 6 *', 'at minute 0 of every 3rd hour every day in June'),
  ('* 4 * * *', 'every minute of hour 4 every day')
) as c (expression, words);
select throws_ok($$select graphile_worker._private_cron_words('60 * * * *')$$, 'GWBSC', null, 'no expression');

select * from finish();
