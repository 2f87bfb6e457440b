"""The five fields as text and back."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from graphile_worker._crontab.fields import DAY, FIELDS, HOUR, MINUTE, MONTH, WEEKDAY


def values(first: int, last: int) -> st.SearchStrategy[frozenset[int]]:
    return st.one_of(
        st.just(frozenset(range(first, last + 1))),
        st.integers(1, last - first + 1).map(lambda step: frozenset(range(first, last + 1, step))),
        st.frozensets(st.integers(first, last), min_size=1),
    )


@settings(deadline=None)
@given(st.data())
def test_a_field_is_read_as_it_is_written(data: st.DataObject) -> None:
    for field in FIELDS:
        found = data.draw(values(field.first, field.last))
        assert field.parse(field.format(found)) == found


def test_fields_are_written_as_people_write_them() -> None:
    assert MINUTE.format(range(60)) == "*"
    assert MINUTE.format(range(0, 60, 15)) == "*/15"
    assert HOUR.format([1, 2, 3, 5, 7, 8]) == "1-3,5,7,8"
    assert DAY.format(range(1, 32, 10)) == "*/10"
    assert MONTH.format([1, 7]) == "1,7"
    assert WEEKDAY.format([0]) == "0"
