"""JSON for people, bounded."""

from __future__ import annotations

import tracemalloc

import pytest

from graphile_worker._basis.json_layout import laid_out


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (b'{"a":[1.10,"x"],"b":{}}', b'{\n  "a": [\n    1.10,\n    "x"\n  ],\n  "b": {}\n}'),
        (rb'["\ud800"]', None),
        (b"[" * 5000 + b"]" * 5000, b"[" * 5000 + b"]" * 5000),
        (b'["' + b"[" * 5000 + b'"]', b'[\n  "' + b"[" * 5000 + b'"\n]'),
    ],
    ids=["laid out", "half a surrogate pair", "too deep", "brackets in a string"],
)
def test_layouts(document: bytes, expected: bytes | None) -> None:
    assert laid_out(document) == (document if expected is None else expected)


def test_the_bound_holds_before_anything_is_built() -> None:
    document = b"[" * 900 + b",".join([b"1"] * 50_000) + b"]" * 900
    tracemalloc.start()
    try:
        assert laid_out(document) == document
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
    small = b"[[" + b",".join([b"1"] * 1000) + b"]]"
    assert len(laid_out(small)) > len(small)
    assert laid_out(small, 1000) == small
