"""Runs the whole suite on PostgreSQL 12 to 18, fetched with npm, and reports one line for each.

    python tools/matrix.py [--majors 12,15,18] [PYTEST ARGUMENTS]

Each process of pytest has a server of its own (`-n 2 --dist loadfile` makes two of them). Each report is kept in
build/matrix. Exits 1 when one fails.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import npm_packages

ROOT = Path(__file__).parents[1]
REPORTS = ROOT / "build" / "matrix"


def main() -> int:
    parser = argparse.ArgumentParser(description="Runs the whole suite on several versions of PostgreSQL.")
    parser.add_argument("--majors", default=",".join(map(str, npm_packages.POSTGRES)), help="which, comma separated")
    arguments, pytest_arguments = parser.parse_known_args()
    REPORTS.mkdir(parents=True, exist_ok=True)
    print(f"{'PostgreSQL':<11} {'seconds':>7}  outcome", flush=True)
    failed = 0
    for major in map(int, arguments.majors.split(",")):
        started = time.monotonic()
        try:
            passed, outcome = _run(major, pytest_arguments)
        except npm_packages.NpmError as error:
            passed, outcome = False, f"FAILED: {error}"
        failed += not passed
        print(f"{major:<11} {time.monotonic() - started:>7.0f}  {outcome}", flush=True)
    return 1 if failed else 0


def _run(major: int, pytest_arguments: list[str]) -> tuple[bool, str]:
    """Runs the suite; tells whether it passes, and what pytest says in its last line."""
    bin_dir = npm_packages.postgres(major)
    _offer_extension(bin_dir.parent, major)
    environment = {**os.environ, "TEST_SERVER_BIN": str(bin_dir)}
    environment.pop("TEST_DATABASE_URL", None)
    command = [sys.executable, "-m", "pytest", "-q", *pytest_arguments]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    report = REPORTS / f"{major}.txt"
    report.write_text(ran.stdout + ran.stderr)
    lines = ran.stdout.strip().splitlines() or ["no output"]
    outcome = re.sub(r"^=+ | =+$", "", lines[-1])
    if ran.returncode == 0:
        return True, outcome
    return False, "\n".join([f"FAILED: {outcome} ({report.relative_to(ROOT)})", *_failures(lines)])


def _offer_extension(prefix: Path, major: int) -> None:
    """Puts the extension, as the tree has it now, where this server looks for extensions, a folder that npm made."""
    folder = prefix / "share" / "postgresql" / "extension"
    for name, text in _builder().Release.read().files(major).items():
        if name.startswith("graphile_worker--") or name.endswith(".control"):
            (folder / name).write_text(text)


def _builder() -> ModuleType:
    """Loads extension/build.py, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("extension_build", ROOT / "extension" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _failures(lines: list[str]) -> list[str]:
    return [f"  {line}" for line in lines if re.match(r"(FAILED|ERROR) tests/", line)]


if __name__ == "__main__":
    sys.exit(main())
