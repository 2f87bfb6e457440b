"""Which account the server runs as: PostgreSQL refuses to run as root, so root hands it to another one."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import EmbeddedServerError


@dataclass(frozen=True)
class Account:
    """The account that owns the cluster and runs the server's programs.

    `switch` tells whether it is another account than ours, which is the case for root only.
    """

    name: str
    uid: int
    gid: int
    switch: bool

    def own(self, path: Path) -> None:
        """Make the account the owner of `path`."""
        if self.switch:
            os.chown(path, self.uid, self.gid)

    def run(self, command: list[str | Path]) -> subprocess.CompletedProcess[str]:
        """Run a program as the account and return what it printed; the caller judges the exit code.

        libpq's variables (PGPORT, PGDATA, ...) are meant for other servers than this one and are left out.
        """
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        environment["LC_ALL"] = "C"
        # No supplementary groups: root's would go along otherwise.
        identity: dict[str, Any] = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}
        try:
            return subprocess.run(
                command,
                cwd="/",  # ours may be closed to the account
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                check=False,
                umask=0o077,
                **identity,
            )
        except OSError as error:
            raise EmbeddedServerError(f"cannot run {command[0]} as {self.name}: {error}") from error

    def can_reach(self, path: Path) -> bool:
        """Tell whether the account can enter the folder `path` or execute the file `path`."""
        if not self.switch:
            return os.access(path, os.X_OK)
        # Asked of the kernel, as the account: mode bits alone would miss access lists and mount options.
        return self.run(["/bin/sh", "-c", 'test -x "$1"', "sh", path]).returncode == 0


def server_account() -> Account:
    """Return our own account; for root `postgres`, which Debian's packages create, else `nobody`."""
    uid = os.geteuid()
    if uid != 0:
        return Account(name=f"uid {uid}", uid=uid, gid=os.getegid(), switch=False)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid, switch=True)
    raise EmbeddedServerError(
        "PostgreSQL does not run as root, and neither the account postgres nor nobody exists",
        hint="Create one (useradd --system postgres) or run as an ordinary user",
    )
