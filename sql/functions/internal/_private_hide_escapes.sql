create or replace function @extschema@._private_hide_escapes(document json, out hidden json, out mark text)
language sql immutable
as $$
  -- What json_each and others read, they translate: they fail at \u0000, at half a surrogate pair and at characters
  -- that the database's encoding lacks. json holds all of them. A backslash before `u` begins an escape when the number
  -- of backslashes before it is even. Escapes of other characters of ASCII stay.
  select
    case
      when position(E'\\u' in h.document) = 0 then h.document
      else regexp_replace(
        h.document,
        E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u(?=0000|00[89a-fA-F]|0[1-9a-fA-F]|[1-9a-fA-F])',
        E'\\1' || h.mark,
        'g'
      )
    end::json,
    h.mark
  from (
    select
      document::text as document,
      -- Such a text is nowhere in the document, but by a chance of 1 to 10^19.
      'u' || lpad(to_hex(hashtextextended(document::text, 0)), 16, '0') as mark
  ) as h
$$;

comment on function @extschema@._private_hide_escapes(json) is
$$Internal. A JSON document with a mark in the place of the `\u` of every escape that can stand in json, and may be
impossible to turn into text; and that mark, which stands nowhere in the document, to be replaced by `\u` in what was
taken out of it.$$;
