-- What a refused entry is called.
select plan(7);

select is(graphile_worker._private_crontab_name(c.entry::json), c.expected, c.name)
from (values
  ('{"task": "t", "identifier": "i"}', 'i', 'by its identifier'),
  ('{"task": "t", "queue_name": "\u0000"}', 't', 'else by its task, whatever the rest'),
  ('{"task": "t", "identifier": 1}', 't', 'what is no string is no name'),
  ('{"task": "caf\u00e9"}', 'café', 'escapes are read'),
  ('{"task": "\u0000"}', null, 'a name that can not be read'),
  ('{}', null, 'none'),
  ('[1]', null, 'not even an object')
) as c (entry, expected, name);

select * from finish();
