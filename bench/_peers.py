"""Installs the peers into the cache folder: a virtual environment and a folder of Node modules. None is required."""

from __future__ import annotations

import subprocess
import sys

from ._contenders import VERSIONS, cache_folder, npm, peers_python


def install() -> int:
    """Installs what can be installed; returns the exit code: 1 when something could not."""
    cache_folder().mkdir(parents=True, exist_ok=True)
    failures = 0
    for what, step in (("pgqueuer, procrastinate, pgmq", _python), ("graphile-worker and Node.js", _node)):
        print(f"{what} into {cache_folder()}")
        try:
            step()
        except (OSError, subprocess.CalledProcessError) as error:
            failures += 1
            print(f"  not installed: {error}", file=sys.stderr)
    return 1 if failures else 0


def _python() -> None:
    python = peers_python()
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True)
    packages = [f"{name}=={VERSIONS[name]}" for name in ("pgqueuer", "procrastinate", "pgmq")]
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, *packages, "asyncpg", "uvloop", "psycopg[binary]"], check=True)


def _node() -> None:
    program = npm()
    if program is None:
        raise FileNotFoundError("npm is not installed")
    folder = cache_folder() / "npm"
    folder.mkdir(exist_ok=True)
    packages = [f"graphile-worker@{VERSIONS['graphile-worker']}", "pg", f"node@{VERSIONS['node']}"]
    # Node.js itself comes from a package, too: what the machine has may be too old for graphile-worker.
    subprocess.run([program, "install", "--no-save", "--no-audit", "--no-fund", *packages], cwd=folder, check=True)
