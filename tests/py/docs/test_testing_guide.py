"""The first test that docs/testing.md leads to, done as it stands there, in a folder of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "testing.md").read_text()
SECTION = GUIDE.split("## From nothing to the first test\n")[1].split("\n## ")[0]
FILES = re.findall(r"`(\w+\.py)`[^`]*```python\n(.*?)```", SECTION, re.DOTALL)


def test_from_nothing_to_the_first_test(tmp_path: Path) -> None:
    assert [name for name, _ in FILES] == ["shop.py", "conftest.py", "test_shop.py"]
    for name, text in FILES:
        (tmp_path / name).write_text(text)
    [(command, output)] = re.findall(r"```console\n\$ (.*?)\n(.*?)```", SECTION, re.DOTALL)
    # The commands of the environment that the tests run in, as in one that was activated, and where pytest alone was
    # installed: no plugin for asyncio.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    result = subprocess.run(
        command.split(),
        cwd=tmp_path,
        env={**environment, "PATH": path, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert _without_time(result.stdout) == _without_time(output), result.stderr
    assert result.returncode == 0


def test_what_is_installed_for_it_has_the_server() -> None:
    [command] = re.findall(r"```sh\n(.*?)\n```", SECTION, re.DOTALL)
    assert command == "pip install 'graphile-worker[embedded]' pytest"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["name"] == "graphile-worker"
    assert "embedded" in project["optional-dependencies"]


def _without_time(output: str) -> str:
    return re.sub(r"in [\d.]+s", "in a while", output)
