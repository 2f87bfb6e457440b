"""The account that runs the server when it was started by root."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from graphile_worker._embedded import (
    EmbeddedServer,
)
from graphile_worker._embedded import (
    control as _control,
)
from graphile_worker._embedded.account import server_account

FAST = {"fsync": "off"}
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")


@as_root
def test_root_hands_the_server_to_another_account(server_folder: Path) -> None:
    with EmbeddedServer(server_folder, settings=FAST):
        pid = _control.running_pid(server_folder / "pgdata")
        assert Path(f"/proc/{pid}").stat().st_uid == server_account().uid != 0
