"""Writes py/graphile_worker/_client.py, the plain client, from _async_client.py; `--check` only compares."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "py" / "graphile_worker"
SOURCE = PACKAGE / "_async_client.py"
TARGET = PACKAGE / "_client.py"

REPLACEMENTS = (
    ("The asyncio client", "The plain client"),
    (
        r"`_client.py` is generated from this file (.*); change .*",
        r"Generated from _async_client.py \1; change that one.",
    ),
    (r"\basync (def|with)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\bAsync(Client|ConnectionPool|Connection)\b", r"\1"),
    (r"__a(enter|exit)__", r"__\1__"),
    (r"\bAwaitable, ", ""),
    (r"\bAwaitable\[(psycopg\.Connection\[Any\])\]", r"\1"),
    (r"_hooks\.decide\(", "_hooks.decide_plain("),
)


def generate() -> str:
    text = SOURCE.read_text()
    for pattern, replacement in REPLACEMENTS:
        text = re.sub(pattern, replacement, text)
    ruff = [sys.executable, "-m", "ruff", "format", f"--stdin-filename={TARGET}", "-"]
    return subprocess.run(ruff, input=text, text=True, capture_output=True, check=True).stdout


def main() -> int:
    generated = generate()
    if "--check" in sys.argv:
        if TARGET.read_text() == generated:
            return 0
        print(f"{TARGET.name} is not what tools/generate_client.py makes; run `make format`", file=sys.stderr)
        return 1
    TARGET.write_text(generated)
    return 0


if __name__ == "__main__":
    sys.exit(main())
