"""The queues that are measured, and their settings."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ._process import Driver

THROUGHPUT: dict[str, Any] = {"concurrency": 24, "local_queue": {"size": 500}, "uvloop": True}
"""Options of the worker that is set up for throughput; BENCH_THROUGHPUT (JSON) replaces them."""
DEFAULT: dict[str, Any] = {"concurrency": 10}
"""No option but the concurrency. BENCH_DEFAULT (JSON) replaces them, to try something."""

VERSIONS = {
    "graphile-worker": "0.18.0",
    "node": "22",
    "pgqueuer": "1.6.0",
    "procrastinate": "3.10.0",
    "pgmq": "1.1.4",
}


@dataclass(frozen=True)
class Contender:
    """A queue in the benchmark. `pending` counts the jobs that are not yet recorded as done."""

    name: str
    pending: str
    driver: Driver
    installed: bool = True

    def with_options(self, **options: Any) -> Contender:
        return replace(self, driver=replace(self.driver, options={**self.driver.options, **options}))

    def with_environment(self, **variables: str) -> Contender:
        return replace(self, driver=replace(self.driver, environment={**self.driver.environment, **variables}))


def cache_folder() -> Path:
    """Returns where peers are installed: BENCH_CACHE, else in the user's cache folder."""
    named = os.environ.get("BENCH_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named) if named else Path(base, "graphile-worker-bench")


def peers_python() -> Path:
    return cache_folder() / "peers" / "bin" / "python"


def node_modules() -> Path:
    return cache_folder() / "npm" / "node_modules"


def ours(preset: str) -> Contender:
    """Returns this queue with the options of a preset: "default" or "throughput"."""
    variable, options = {"default": ("BENCH_DEFAULT", DEFAULT), "throughput": ("BENCH_THROUGHPUT", THROUGHPUT)}[preset]
    options = json.loads(os.environ.get(variable) or json.dumps(options))
    if options.get("uvloop") and find_spec("uvloop") is None:
        options["uvloop"] = False
    return Contender("ours", _PENDING_HERE, Driver((sys.executable, "-m", "bench.drivers.ours"), options))


def graphile() -> Contender:
    modules = node_modules()
    node = modules / "node" / "bin" / "node"
    command = (str(node), str(Path(__file__).parent / "drivers" / "graphile.mjs"))
    installed = node.exists() and (modules / "graphile-worker").exists()
    return Contender(
        "graphile-worker", _PENDING_HERE, Driver(command, environment={"BENCH_MODULES": str(modules)}), installed
    )


def pgqueuer() -> Contender:
    pending = "select count(*) from pgqueuer where status in ('queued', 'picked')"
    return _python_peer("pgqueuer", pending)


def procrastinate() -> Contender:
    pending = "select count(*) from procrastinate_jobs where status in ('todo', 'doing')"
    return _python_peer("procrastinate", pending)


def pgmq() -> Contender:
    return _python_peer("pgmq", "select count(*) from pgmq.q_bench")


_PENDING_HERE = "select count(*) from graphile_worker._private_jobs"


def _python_peer(name: str, pending: str) -> Contender:
    python = peers_python()
    packages = python.parents[1].glob(f"lib/python*/site-packages/{name}")
    driver = Driver((str(python), "-m", f"bench.drivers.{name}_driver"))
    return Contender(name, pending, driver, python.exists() and any(packages))


def npm() -> str | None:
    return shutil.which("npm")
