"""Lets the published Node.js Graphile Worker and this package work on one schema at once, one line per behaviour.

    python tools/interop.py

The server is an embedded one; Node.js and graphile-worker 0.18.0 are fetched with npm, once, into the user's cache
folder (XDG_CACHE_HOME, ~/.cache). Exits 1 when a behaviour is not as docs/compatibility.md says. The behaviours are in
interop_adding.py, interop_running.py, interop_policies.py, interop_limits.py, interop_cron.py and interop_commands.py,
the two programs that meet in interop_worker.mjs and .py.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import interop_adding
import interop_commands
import interop_cron
import interop_limits
import interop_policies
import interop_running
import npm_packages
import psycopg
from interop_peers import PACKAGE, Failure, Lab

from graphile_worker import EmbeddedServer, migrate

BEHAVIOURS = (
    *interop_adding.BEHAVIOURS,
    *interop_running.BEHAVIOURS,
    *interop_policies.BEHAVIOURS,
    *interop_limits.BEHAVIOURS,
    ("crontabs, with two schedulers of each", interop_cron.crontabs),
    ("the two commands, run from one folder", interop_commands.two_commands_in_one_folder),
)


def main() -> int:
    npm_packages.CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "graphile-worker-tools"
    failed = 0
    with _server() as url:
        migrate(url)
        with Lab(url) as lab:
            print(f"{PACKAGE} and this package on one schema", flush=True)
            for title, behaviour in BEHAVIOURS:
                try:
                    seen = behaviour(lab)
                except (Failure, psycopg.Error) as error:
                    failed += 1
                    print(f"FAILED {title}: {error}", flush=True)
                else:
                    print(f"ok     {title}: {seen}", flush=True)
                lab.clear()
    print(f"{len(BEHAVIOURS) - failed} of {len(BEHAVIOURS)} behaviours hold")
    return 1 if failed else 0


@contextmanager
def _server() -> Iterator[str]:
    server = EmbeddedServer(tempfile.mkdtemp(prefix="interop-"), settings={"fsync": "off"})
    try:
        yield server.start().url
    finally:
        server.stop("immediate")
        server.remove()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except npm_packages.NpmError as error:
        sys.exit(str(error))
