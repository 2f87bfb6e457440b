"""Which of two releases is the later one."""

from __future__ import annotations

import re


def release_of(version: str) -> tuple[int, ...]:
    """Returns the numbers of a version, for comparing: pre-releases count as their release.

    >>> release_of("0.2.0.dev0") < release_of("0.10")
    True
    """
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, match[0].split("."))) if match else ()
