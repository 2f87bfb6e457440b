"""The statements of those who add jobs, by name. What decides stands in sql/functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from .._basis.schema_name import quote_schema
from .rows import JOB_COLUMNS

# `@extschema@` stands for the schema, `@JobRow@` for the columns of a row: by name, not `*`, as a newer schema may have
# more of them, and a statement that was prepared before would fail.
_STATEMENTS = {
    "add_job": """
        select @JobRow@ from @extschema@.add_job(
          %(identifier)s::text, %(payload)s::json, %(queue_name)s::text, %(run_at)s::timestamptz,
          %(max_attempts)s::integer, %(job_key)s::text, %(priority)s::integer, %(flags)s::text[],
          %(job_key_mode)s::text
        )""",
    "add_unique_job": """
        select @JobRow@, u.is_new from @extschema@.add_unique_job(
          %(identifier)s::text, %(payload)s::json,
          coalesce(%(unique_key)s::text, @extschema@.unique_key(%(payload)s::json, %(by)s::text[])),
          %(within)s::interval, %(until)s::text, %(queue_name)s::text, %(run_at)s::timestamptz,
          %(max_attempts)s::integer, %(priority)s::integer, %(flags)s::text[]
        ) as u cross join lateral (select (u.job).*) as j""",
    "add_unique_jobs": """
        select u.job_id, u.is_new
        from (
          select
            array_agg(
              row(
                s.identifier, s.payload, s.queue_name, s.run_at::timestamptz, s.max_attempts::smallint, null,
                s.priority::smallint,
                case when json_typeof(s.flags) <> 'null' then array(select json_array_elements_text(s.flags)) end
              )::@extschema@.job_spec
              order by s.ordinal
            ) as specs,
            array_agg(@extschema@.unique_key(s.payload, %(by)s::text[]) order by s.ordinal) as keys
          from rows from (
            json_array_elements_text(%(identifiers)s::json), json_array_elements(%(payloads)s::json),
            json_array_elements_text(%(queue_names)s::json), json_array_elements_text(%(run_ats)s::json),
            json_array_elements_text(%(max_attempts)s::json), json_array_elements_text(%(priorities)s::json),
            json_array_elements(%(flags)s::json)
          ) with ordinality as s (
            identifier, payload, queue_name, run_at, max_attempts, priority, flags, ordinal
          )
        ) as a
        cross join @extschema@.add_unique_jobs(a.specs, a.keys, %(within)s::interval, %(until)s::text)
          with ordinality as u
        order by u.ordinality""",
    # What most calls are: seven arguments less to send, and to be read.
    "add_job_of_defaults": """
        select @JobRow@ from @extschema@.add_job(%(identifier)s::text, %(payload)s::json)""",
    # Values of many jobs travel as one JSON array each, or null when all are null: to write a list as an array takes
    # ten times as long, and flags could not be: an array of arrays must be rectangular.
    "add_jobs": """
        select array_agg(j.id order by j.ordinality)
        from @extschema@.add_jobs(
          array(
            select row(
              s.identifier, s.payload, s.queue_name, s.run_at::timestamptz, s.max_attempts::smallint, s.job_key,
              s.priority::smallint,
              case when json_typeof(s.flags) <> 'null' then array(select json_array_elements_text(s.flags)) end
            )::@extschema@.job_spec
            from rows from (
              json_array_elements_text(%(identifiers)s::json), json_array_elements(%(payloads)s::json),
              json_array_elements_text(%(queue_names)s::json), json_array_elements_text(%(run_ats)s::json),
              json_array_elements_text(%(max_attempts)s::json), json_array_elements_text(%(job_keys)s::json),
              json_array_elements_text(%(priorities)s::json), json_array_elements(%(flags)s::json)
            ) with ordinality as s (
              identifier, payload, queue_name, run_at, max_attempts, job_key, priority, flags, ordinal
            )
            order by s.ordinal
          ),
          %(job_key_preserve_run_at)s::boolean
        ) with ordinality as j""",
    "add_unkeyed_jobs": """
        select @extschema@.add_unkeyed_jobs(
          array(select json_array_elements_text(%(identifiers)s::json)),
          %(payloads)s::json,
          array(select json_array_elements_text(%(queue_names)s::json)),
          array(select r.run_at::timestamptz from json_array_elements_text(%(run_ats)s::json) as r (run_at)),
          array(select m.most::integer from json_array_elements_text(%(max_attempts)s::json) as m (most)),
          array(select p.priority::integer from json_array_elements_text(%(priorities)s::json) as p (priority)),
          %(flags)s::json
        )""",
    "analyze_jobs": "select @extschema@.analyze_jobs(%(added_jobs)s::integer)",
}


def delayed_name(name: str) -> str:
    """Returns the name of the statement that adds the same with a delay."""
    return f"{name}_delayed"


def _delayed(text: str) -> str:
    # Seconds, whatever the time zone of the session: a day of it may have 23 hours.
    text = text.replace(
        "%(run_at)s::timestamptz", "now() + make_interval(secs => extract(epoch from %(delay)s::interval)::float8)"
    )
    # Of many each has its own: an instant, or a plus and seconds.
    return re.sub(
        r"([rs]\.run_at)::timestamptz",
        r"case left(\1, 1) when '+' then now() + \1::interval else \1::timestamptz end",
        text,
    )


_ADDING_LATER = ("add_job", "add_unique_job", "add_jobs", "add_unkeyed_jobs", "add_unique_jobs")
DELAYED = frozenset(map(delayed_name, _ADDING_LATER))
"""Those with which jobs are due so long after the server's now. Others know nothing of delays, and pay nothing."""
_STATEMENTS |= {delayed_name(name): _delayed(_STATEMENTS[name]) for name in _ADDING_LATER}


class Statements:
    """The statements for one schema: those above by name, others by their text with `@extschema@` in it.

    >>> Statements("graphile_worker")["select @extschema@.stats()"]
    b'select "graphile_worker".stats()'
    """

    texts: ClassVar[Mapping[str, str]] = _STATEMENTS

    def __init__(self, schema: str) -> None:
        # A percent sign would be taken for a placeholder of a parameter.
        schema = quote_schema(schema).replace("%", "%%")
        self._values = {"extschema": schema, "JobRow": ", ".join(JOB_COLUMNS)}
        self._statements: dict[str, bytes] = {}

    def __getitem__(self, name: str) -> bytes:
        if name not in self._statements:
            text = self.texts.get(name, name)
            if "@extschema@" not in text:
                raise KeyError(name)
            text = re.sub("@([A-Za-z]+)@", lambda match: self._values[match[1]], text)
            self._statements[name] = text.encode()
        return self._statements[name]
