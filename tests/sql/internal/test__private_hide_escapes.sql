-- JSON that can be read, whatever is escaped in it.
select plan(9);

select is(replace(h.hidden::text, h.mark, '<mark>'), c.expected, c.name)
from (values
  ('{"a": [1, "b"]}', '{"a": [1, "b"]}', 'nothing is escaped'),
  ('"\u0000"', '"<mark>0000"', 'NUL'),
  ('"\ud83d\uDE00 \u00e9\u20AC"', '"<mark>d83d<mark>DE00 <mark>00e9<mark>20AC"', 'beyond ASCII'),
  ('"\u0041 \u000a \n \" \/"', '"\u0041 \u000a \n \" \/"', 'ASCII stays'),
  ('"\\u0000 \\\u0000 \\\\u0000"', '"\\u0000 \\<mark>0000 \\\\u0000"', 'an escaped backslash begins nothing'),
  ('"\u0000\u0000\\\u0000"', '"<mark>0000<mark>0000\\<mark>0000"', 'one after the other')
) as c (document, expected, name)
cross join lateral graphile_worker._private_hide_escapes(c.document::json) as h;
select is(replace(h.hidden::text, h.mark, '\u'), d.document, 'and back: ' || d.document)
from unnest(array['["\u0000\\\u0000\\u0000"]', '{}']) as d (document)
cross join lateral graphile_worker._private_hide_escapes(d.document::json) as h;
select is((select h.hidden::text from graphile_worker._private_hide_escapes(null) as h), null, 'null');

select * from finish();
