"""The SQL and the page are found where the package is, be it in a zip."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from graphile_worker._schema import sources
from graphile_worker.admin._assets import FOLDER

ROOT = Path(__file__).parents[3]
_LOOK = """
from graphile_worker._schema import sources
from graphile_worker.admin import _assets
print(sources.__file__)
print(sources.bundle_checksum())
print(len(list(_assets._files(_assets.FOLDER))))
"""


def test_a_package_in_a_zip_finds_its_files(tmp_path: Path) -> None:
    archive = tmp_path / "app.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for folder, name in ((ROOT / "py" / "graphile_worker", ""), (ROOT / "sql", "sql")):
            for path in folder.rglob("*"):
                if path.is_file() and path.suffix != ".pyc":
                    packed.write(path, Path("graphile_worker", name, path.relative_to(folder)))
    found = subprocess.run(
        [sys.executable, "-c", _LOOK],
        env={**os.environ, "PYTHONPATH": str(archive)},
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert found[0].startswith(str(archive))
    files = [path for path in Path(str(FOLDER)).rglob("*") if path.is_file()]
    assert found[1:] == [sources.bundle_checksum(), str(len(files))]
