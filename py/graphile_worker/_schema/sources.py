"""The SQL that this package installs: read from `sql/` in the order of its manifest."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from .._basis.schema_name import PLACEHOLDER, quote_schema

_PACKAGE = "graphile_worker"


@dataclass(frozen=True, slots=True)
class SqlFile:
    """A file of the manifest, whose comment explains the kinds."""

    kind: str
    name: str
    text: str

    @property
    def stem(self) -> str:
        """The name without folder and suffix."""
        return Path(self.name).stem

    @property
    def number(self) -> int:
        """The number of a migration or shared revision, which its name begins with."""
        match = re.match(r"\d+", self.stem)
        assert match is not None, f"{self.name} has no number"
        return int(match[0])

    @property
    def breaking(self) -> bool:
        """Tells whether older releases can't go on working after this migration: it has a line `-- breaking`."""
        return re.search(r"^-- breaking$", self.text, re.MULTILINE) is not None

    @property
    def signatures(self) -> tuple[str, ...]:
        """The functions of a file, with the types of their arguments, as the comments on them say."""
        return tuple(
            " ".join(signature.split())
            for signature in re.findall(r"^comment on function (.+?\)) is$", self.text, re.MULTILINE | re.DOTALL)
        )

    def for_schema(self, schema: str) -> str:
        return self.text.replace(PLACEHOLDER, quote_schema(schema))


@cache
def manifest() -> tuple[SqlFile, ...]:
    """Returns every file to install, in order."""
    # By the loader of the package, which may be in a zip.
    root: Traversable = resources.files(_PACKAGE) / "sql"
    if not root.is_dir():
        # A checkout: its SQL is edited where it lies.
        root = Path(__file__).parents[3] / "sql"
    files = []
    for line in (root / "manifest.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            kind, name = line.split()
            files.append(SqlFile(kind, name, (root / name).read_text(encoding="utf-8")))
    return tuple(files)


def of_kind(*kinds: str) -> tuple[SqlFile, ...]:
    """Returns the files of these kinds, in order."""
    return tuple(f for f in manifest() if f.kind in kinds)


def fill(name: str, /, **values: str) -> str:
    """Fills in a template of sql/bundle: values in the place of its `@names@`; `@extschema@` stays."""
    text = next(f.text for f in of_kind("template") if f.stem == name)
    return re.sub(r"@(?!extschema@)([a-z]+)@", lambda match: values[match[1]], text)


def bundle() -> tuple[SqlFile, ...]:
    """Returns the files that every release replaces as a whole: functions, views and grants."""
    return of_kind("function", "view", "grants")


@cache
def bundle_checksum() -> str:
    """Returns a SHA-256 over the sources of the bundle, in hex."""
    digest = hashlib.sha256()
    for file in bundle():
        digest.update(f"{file.name}\0{file.text}\0".encode())
    return digest.hexdigest()
