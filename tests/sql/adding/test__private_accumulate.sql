-- The payload of a keyed job that is added again. Compared as text: json keeps what it was given, to the character.
select plan(15);

select is(
  graphile_worker._private_accumulate(c.old::json, c.new::json)::text,
  c.result,
  c.name
)
from (values
  ('[1, 2]', '[3]', '[1, 2,3]', 'two arrays: one after the other'),
  ('[]', '[1]', '[1]', 'an empty array adds nothing in front'),
  ('[1]', '[]', '[1]', 'an empty array adds nothing behind'),
  ('[]', '[]', '[]', 'two empty arrays stay one'),
  ('[1]', '{"a": 1}', '{"a": 1}', 'an object replaces an array'),
  ('{"a": 1}', '[1]', '[1]', 'an array replaces an object'),
  ('{"a": 1}', '{"b": 2}', '{"b": 2}', 'an object replaces an object'),
  ('[1]', 'null', 'null', 'a JSON null replaces an array'),
  ('"[1]"', '[2]', '[2]', 'a string that looks like an array is none'),
  ('[[1]]', '[[2], []]', '[[1],[2], []]', 'only the outer arrays are joined'),
  (E' \t\r\n[1]\n', E'\n [2] \n', E' \t\r\n[1,2] \n', 'white space around the arrays does not matter'),
  ('["\u0000"]', '["a\u0000b"]', '["\u0000","a\u0000b"]', 'the character that jsonb refuses'),
  (
    '[12345678901234567890.12345678901234567890]',
    '[1e400]',
    '[12345678901234567890.12345678901234567890,1e400]',
    'numbers keep every digit'
  ),
  (
    '[{"b": 1, "a": 2, "b": 3}]',
    '[{"a" : 1}]',
    '[{"b": 1, "a": 2, "b": 3},{"a" : 1}]',
    'object keys keep their order, repetition and spacing'
  ),
  ('["]", "["]', '["]"]', '["]", "[","]"]', 'brackets in strings are not the end of the array')
) as c (old, new, result, name);

select * from finish();
