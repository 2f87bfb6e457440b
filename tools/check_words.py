"""Checks what people read: no line of a document or of an SQL comment is longer than 120 characters.

    python tools/check_words.py

Documents are the Markdown files of the tree; the figures that `make bench-report` writes are tables and exempt. Prints
file and line of each; exits 1 when there is one. (Ruff holds the lines of Python.)
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
LONGEST = 120
GENERATED = ("<!-- begin ", "<!-- end ")


def main() -> int:
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("sql/*.md"), *ROOT.glob("tests/**/*.md")]
    found = [f"{path.relative_to(ROOT)}:{line}" for path in documents for line in too_long(path)]
    found += [f"{path.relative_to(ROOT)}:{line}" for path in ROOT.glob("sql/**/*.sql") for line in too_long(path)]
    for place in found:
        print(f"{place}: longer than {LONGEST} characters")
    return int(bool(found))


def too_long(path: Path) -> Iterator[int]:
    """Yields the numbers of the lines that are too long, but for what is generated."""
    generated = False
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if line.startswith(GENERATED):
            generated = line.startswith(GENERATED[0])
        if len(line) > LONGEST and not generated:
            yield number


if __name__ == "__main__":
    sys.exit(main())
