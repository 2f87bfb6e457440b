"""Writes the modules of the plain client (_client/client.py, ...) from the asyncio ones; `--check` only compares."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "py" / "graphile_worker"
MODULES = (
    *(f"_client/{name}" for name in ("client", "limits", "operations", "pool", "reports", "schedules")),
    "_wire/pinning",
)

REPLACEMENTS = (
    (r"\b(T|t)he asyncio client", r"\1he plain client"),
    (r"Connections of asyncio that", "Plain connections that"),
    (
        r"`(\w+).py` is generated from this file (.*); change .*",
        r"Generated from async_\1.py \2; change that one.",
    ),
    (r"\basync_(limits|operations|permits|pinning|pool|reports|schedules|wait)\b(?!\.py)", r"\1"),
    (r"\basync (def|with)\b", r"\1"),
    (r"await self\._hooks\.decided\(", "decided_plain(self._hooks, "),
    (r"^(from \.\._hooks)\.hooks import Hooks\n", r"\g<0>\1.plain import decided_plain\n"),
    (r"\bawait ", ""),
    (r"\basyncio\.sleep\b", "time.sleep"),
    (r"^import asyncio\n", ""),
    (r"\bAsync(Client|ClientPool|Limits|Operations|Reports|Schedules|ConnectionPool|Connection|Cursor)\b", r"\1"),
    (r"\bAbstractAsyncContextManager\b", "AbstractContextManager"),
    (r"\basynccontextmanager\b", "contextmanager"),
    (r"\bAsyncIterator\b", "Iterator"),
    (r"__a(enter|exit)__", r"__\1__"),
    (r"\bAwaitable, ", ""),
    (r"\bAwaitable\[(psycopg\.Connection\[Any\])\]", r"\1"),
)


def generate(source: Path, target: Path) -> str:
    text = source.read_text()
    for pattern, replacement in REPLACEMENTS:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    for command in (["check", "--quiet", "--select=I", "--fix"], ["format"]):
        ruff = [sys.executable, "-m", "ruff", *command, f"--stdin-filename={target}", "-"]
        text = subprocess.run(ruff, input=text, text=True, capture_output=True, check=True).stdout
    return text


def main() -> int:
    stale = []
    for name in MODULES:
        target = PACKAGE / f"{name}.py"
        source = target.with_name(f"async_{target.name}")
        generated = generate(source, target)
        if target.exists() and target.read_text() == generated:
            continue
        stale.append(target.name)
        if "--check" not in sys.argv:
            target.write_text(generated)
    if "--check" in sys.argv and stale:
        print(f"not what tools/generate_client.py makes: {', '.join(stale)}; run `make format`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
