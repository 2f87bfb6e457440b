"""PostgreSQL's programs, and a copy where the account can't reach them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from graphile_worker._embedded import (
    EmbeddedServer,
    EmbeddedServerError,
)
from graphile_worker._embedded import (
    binaries as _binaries,
)
from graphile_worker._embedded.account import Account, server_account
from tests.support import scalar

FAST = {"fsync": "off"}
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")


@as_root
def test_programs_out_of_reach_are_copied(server_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = _binaries._wheel_bin_dir()
    if wheel is None:
        pytest.skip("the wheel of the extra is not installed")
    server_folder.chmod(0o755)
    monkeypatch.setattr(_binaries, "CACHE", server_folder / "cache")
    found = _binaries.find_binaries(wheel)
    with monkeypatch.context() as patch:
        patch.setattr(Account, "can_reach", lambda account, path: not path.is_relative_to(wheel))
        copied = _binaries.reachable(found, server_account())
        assert copied.bin_dir.is_relative_to(server_folder / "cache")
        assert _binaries.reachable(found, server_account()) == copied
    with EmbeddedServer(server_folder / "data", bin_dir=copied.bin_dir, settings=FAST) as server:
        assert scalar(server.url, "select 1") == 1
    server.remove()
    monkeypatch.setattr(Account, "can_reach", lambda account, path: False)
    with pytest.raises(EmbeddedServerError, match="cannot reach"):
        _binaries.reachable(copied, server_account())
