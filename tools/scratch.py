"""The folder of servers that only tests use."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ENOUGH = 6 * 2**30


def scratch_folder(prefix: str) -> str:
    """Makes a new folder, in memory where there is room: making and dropping databases keeps a disk busy."""
    is_roomy = os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ENOUGH
    return tempfile.mkdtemp(prefix=prefix, dir=_MEMORY if is_roomy else None)
