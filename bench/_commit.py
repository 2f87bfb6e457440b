"""A commit beside the tree: its own package and SQL, measured by the driver and with the options of the tree."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ._contenders import Contender, ours
from ._process import ROOT, DriverError
from ._server import Server


@dataclass(frozen=True)
class Side:
    """One of the two sides that are compared: the commit or the tree."""

    label: str
    package: Path
    """The folder from which its package is imported, and by that its SQL."""
    bytecode: Path
    """Where what is imported is kept compiled: none of the two is compiled in every process and the other not."""

    def contender(self, preset: str) -> Contender:
        """Returns this side as a contender, with the options of a preset."""
        return ours(preset).with_environment(
            PYTHONPATH=str(self.package), PYTHONPYCACHEPREFIX=str(self.bytecode), PYTHONDONTWRITEBYTECODE=""
        )

    def check(self, server: Server) -> None:
        """Raises DriverError when the driver would measure another package than this side's."""
        said = self.contender("default").driver.call("setup", server.fresh_database())
        if not Path(said["package"]).is_relative_to(self.package):
            raise DriverError(f"{self.label}: the driver imports {said['package']}, not what is in {self.package}")


@contextmanager
def two_sides(commit: str) -> Iterator[tuple[Side, Side]]:
    """Yields the commit, in a git worktree that is gone after the block, and the tree with its uncommitted changes.

    Raises DriverError when there is no such commit.
    """
    name = _git("rev-parse", "--verify", "--short=10", f"{commit}^{{commit}}")
    folder = Path(tempfile.mkdtemp(prefix="graphile-worker-base-"))
    try:
        _git("worktree", "add", "--detach", "--quiet", str(folder / "tree"), name)
        try:
            yield (
                Side(name, folder / "tree" / "py", folder / "bytecode"),
                Side("the tree", ROOT / "py", folder / "bytecode"),
            )
        finally:
            _git("worktree", "remove", "--force", str(folder / "tree"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _git(*arguments: str) -> str:
    result = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise DriverError(f"git {' '.join(arguments)}: {result.stderr.strip()}")
    return result.stdout.strip()
