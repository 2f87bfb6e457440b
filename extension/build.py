"""Writes the ways in that need no Python: CREATE EXTENSION, one file for psql, pg_tle.

    python3 extension/build.py --out extension/build [--server 15]

Everything is made of sql/, in the order of its manifest. Only the standard library is used: `make install` runs this on
database servers that have nothing else. Files written to the folder:

    graphile_worker.control               for the server's major version given by --server
    graphile_worker--VERSION.sql          CREATE EXTENSION
    graphile_worker--OLD--VERSION.sql     ALTER EXTENSION UPDATE, for every version in releases.txt
    graphile_worker--unpackaged.sql       CREATE EXTENSION over a schema that `graphile-worker migrate` made, and
    graphile_worker--unpackaged--VERSION.sql   the ALTER EXTENSION UPDATE that has to follow
    graphile_worker.sql                   one file for psql
    graphile_worker.pg_tle.sql            registers the extension with pg_tle
    graphile_worker.pg_tle.update.sql     registers this version beside earlier ones, when there are some
"""

from __future__ import annotations

import argparse
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SKELETONS = HERE / "skeletons"
PLACEHOLDER = "@extschema@"
# What Release._helpers makes.
HELPERS_END = """\
drop procedure @extschema@._private_migrate(integer, text, boolean, text);
drop procedure @extschema@._private_replace(text, text, text);
"""
BUNDLE_KINDS = ("function", "view", "grants")
DUMPED = "\n".join((SKELETONS / name).read_text() for name in ("owner.sql", "config_dump.sql"))
# The first version that knows the parameter `trusted`.
TRUSTED_SINCE = 13


@dataclass(frozen=True)
class Source:
    """One line of the manifest."""

    kind: str
    name: str
    text: str
    heading: str = ""
    """Of the first function of a room: the room, and what the manifest says of it."""

    @property
    def stem(self) -> str:
        return Path(self.name).stem

    @property
    def number(self) -> int:
        """The number of a migration, which its name begins with."""
        return int(self.stem.split("_")[0])

    @property
    def breaking(self) -> str:
        """Whether older releases can't go on working after this migration, in SQL."""
        return "true" if re.search(r"^-- breaking$", self.text, re.MULTILINE) else "false"

    @property
    def signatures(self) -> list[str]:
        """The functions of a file, with the types of their arguments, as the comments on them say."""
        found = re.findall(r"^comment on function (.+?\)) is$", self.text, re.MULTILINE | re.DOTALL)
        return [" ".join(signature.split()) for signature in found]


@dataclass(frozen=True)
class Release:
    """What is to be installed, and the versions that may be there before."""

    version: str
    previous: tuple[str, ...]
    sources: tuple[Source, ...]

    @classmethod
    def read(cls, root: Path = ROOT) -> Release:
        """The release in the tree at `root`."""
        module = (root / "py/graphile_worker/_basis/version.py").read_text()
        match = re.search(r'__version__ = "([^"]+)"', module)
        assert match is not None, "_basis/version.py has no version"
        releases = (root / "extension/releases.txt").read_text().splitlines()
        sources = []
        heading = ""
        for line in (root / "sql/manifest.txt").read_text().splitlines():
            if line.startswith("#"):
                room = re.match(r"# (\w+): \S", line)
                heading = line[2:] if room and (root / "sql/functions" / room[1]).is_dir() else ""
            elif line:
                kind, name = line.split()
                sources.append(Source(kind, name, (root / "sql" / name).read_text(), heading))
                heading = ""
        return cls(match[1], tuple(r for r in releases if r and not r.startswith("#")), tuple(sources))

    def of(self, *kinds: str) -> list[Source]:
        return [source for source in self.sources if source.kind in kinds]

    @property
    def checksum(self) -> str:
        """As the package has it (`sources.bundle_checksum`): it decides whether `migrate` finds something to do."""
        digest = hashlib.sha256()
        for source in self.of(*BUNDLE_KINDS):
            digest.update(f"{source.name}\0{source.text}\0".encode())
        return digest.hexdigest()

    def files(self, server: int) -> dict[str, str]:
        """Every file by its name, for a server of this major version."""
        fresh, upgrade = self._fresh(), self._upgrade()
        quoted = [_quoted(text, "_pgtle_") for text in (fresh, upgrade)]
        pair = f"{{}}--{self.version}"
        files = {
            "graphile_worker.control": self._control(server),
            f"graphile_worker--{self.version}.sql": _extension_script(fresh),
            "graphile_worker--unpackaged.sql": _extension_script(self._adopt()),
            f"graphile_worker--{pair.format('unpackaged')}.sql": _extension_script(upgrade),
            "graphile_worker.sql": self._one_file(),
            "graphile_worker.pg_tle.sql": self._fill("pg_tle.sql", description=self._comment(), script=quoted[0]),
        }
        for old in self.previous:
            files[f"graphile_worker--{pair.format(old)}.sql"] = _extension_script(upgrade)
        if self.previous:
            paths = "".join(self._fill("pg_tle_path.sql", old=old, script=quoted[1]) for old in self.previous)
            update = self._fill("pg_tle_update.sql", script=quoted[0], paths=paths)
            files["graphile_worker.pg_tle.update.sql"] = update
        return files

    def _control(self, server: int) -> str:
        text = (HERE / "graphile_worker.control").read_text().replace("@version@", self.version)
        return text if server >= TRUSTED_SINCE else text.replace("trusted = true\n", "")

    def _comment(self) -> str:
        match = re.search(r"comment = '([^']+)'", (HERE / "graphile_worker.control").read_text())
        assert match is not None, "the control file has no comment"
        return match[1]

    def _fresh(self) -> str:
        """Into an empty schema."""
        vacant = self._fill("vacant.sql", inspect=self._inspect())
        early, late = ([m.text + self._ledger_row(m) for m in part] for part in self._migrations())
        tables = [*(source.text for source in self.of("fresh")), *early]
        bundle = (_headed(source, source.text) for source in self.of(*BUNDLE_KINDS))
        return _script(vacant, *tables, *bundle, self._record(), *late, DUMPED)

    def _migrations(self) -> tuple[list[Source], list[Source]]:
        """Those that have their place before the functions, and those after them."""
        kinds = [source.kind for source in self.sources]
        early = kinds[: kinds.index("function")].count("migration")
        migrations = self.of("migration")
        return migrations[:early], migrations[early:]

    def _inspect(self) -> str:
        return _quoted(self.of("inspect")[0].text.strip().removesuffix(";"), "inspect")

    def _upgrade(self) -> str:
        """Over any earlier release."""
        before, after = self._missing_migrations()
        bundle = self._replaced_bundle()
        return _script(self._newer(), self._helpers(), *before, *bundle, *after, HELPERS_END, DUMPED)

    def _newer(self) -> str:
        """Refuses what has a breaking revision that this release does not know."""
        return self._fill("newer.sql", known=str(max(migration.number for migration in self.of("migration"))))

    def _helpers(self) -> str:
        """Procedures that put a migration, or an object, into place."""
        views = ", ".join(f"'{source.stem}'" for source in self.of("view"))
        # In the file for psql the schema's name is put into what is quoted when it is run; elsewhere it already is.
        script = f"replace(_private_replace.script, '@' || 'extschema@', '{PLACEHOLDER}')"
        return self._fill("migration.sql") + "\n" + self._template("replace", views=views, script=script)

    def _missing_migrations(self, schema: str = PLACEHOLDER) -> tuple[list[str], list[str]]:
        """Calls that make those that have their place before the functions, and those after them."""
        # The first is the ledger, which every release has.
        (_, *early), late = self._migrations()
        before, after = ([_unless_applied(migration, schema) for migration in part] for part in (early, late))
        return before, after

    def _replaced_bundle(self) -> list[str]:
        """Functions, views and grants in the place of those of any release."""
        replaced = [_headed(source, _replacement(source)) for source in self.of("function", "view")]
        return [*replaced, *(text for _, text in self._last_of_bundle())]

    def _last_of_bundle(self) -> list[tuple[str, str]]:
        """What follows functions and views, by name."""
        names = _lines(f"'{source.stem}'" for source in self.of("function"))
        return [
            *((source.stem, source.text) for source in self.of("grants")),
            ("leftovers", self._template("leftovers", names=names, signatures=self._signatures())),
            ("record", self._record()),
        ]

    def _record(self) -> str:
        release = {"version": self.version, "checksum": self.checksum}
        fingerprint = self._template("fingerprint")
        return self._template("record", **release, fingerprint=fingerprint, signatures=self._signatures())

    def _signatures(self) -> str:
        return _lines(f"'{name}'::regprocedure" for source in self.of("function") for name in source.signatures)

    def _adopt(self) -> str:
        names = {"functions": self.of("function"), "views": self.of("view")}
        arrays = {kind: ", ".join(f"'{source.stem}'" for source in sources) for kind, sources in names.items()}
        return _script(self._fill("adopt_check.sql"), self._newer(), self._fill("adopt.sql", **arrays))

    def _one_file(self) -> str:
        schema = ':"schema"'
        before, after = self._missing_migrations(schema)
        ledger = self._migrations()[0][0]
        fresh = [*(source.text for source in self.of("fresh")), ledger.text, self._ledger_row(ledger)]
        return self._fill(
            "one_file.sql",
            inspect=self._inspect(),
            fresh=_quoted("\n".join(fresh), "tables"),
            newer=_quoted(self._newer(), "refuse"),
            helpers=_quoted(self._helpers(), "helpers"),
            before="\n".join(before),
            functions="\n".join(_headed(source, _replacement(source, schema)) for source in self.of("function")),
            views="\n".join(_replacement(source, schema) for source in self.of("view")),
            last="\n".join(
                f"call {schema}._private_replace('script', '{name}', {_quoted(text, 'script')});\n"
                for name, text in self._last_of_bundle()
            ),
            after="\n".join(after),
            dropped=HELPERS_END.replace(PLACEHOLDER, schema).strip(),
        )

    def _ledger_row(self, migration: Source) -> str:
        row = {"number": str(migration.number), "name": migration.stem, "breaking": migration.breaking}
        return self._fill("ledger_row.sql", **row)

    def _fill(self, skeleton: str, **values: str) -> str:
        """A skeleton with its `@name@` replaced; `@extschema@` stays, others that stay are an error."""
        values |= {"version": self.version, "checksum": self.checksum}
        return _filled(skeleton, (SKELETONS / skeleton).read_text(), values)

    def _template(self, name: str, /, **values: str) -> str:
        """The same for a template of sql/bundle, which the migration runner fills in as well."""
        source = next(source for source in self.of("template") if source.stem == name)
        return _filled(source.name, source.text, values)


def _headed(source: Source, text: str) -> str:
    """With the heading of its room above the first function of each."""
    if not source.heading:
        return text
    rule = f"-- {'-' * 117}"
    return f"{rule}\n-- {source.heading}\n{rule}\n\n{text}"


def _lines(values: Iterable[str]) -> str:
    """A list in SQL, to be read: a value per line."""
    return "\n        " + ",\n        ".join(values) + "\n      "


def _unless_applied(migration: Source, schema: str) -> str:
    arguments = f"{migration.number}, '{migration.stem}', {migration.breaking}, {_quoted(migration.text, 'migration')}"
    return f"call {schema}._private_migrate({arguments});\n"


def _replacement(source: Source, schema: str = PLACEHOLDER) -> str:
    """The call that puts a function or a view into the place of another release's."""
    return f"call {schema}._private_replace('{source.kind}', '{source.stem}', {_quoted(source.text, source.kind)});\n"


def _filled(name: str, text: str, values: dict[str, str]) -> str:
    for quote in set(re.findall(r"\$\w+\$", text)):
        assert not any(quote in value for value in values.values()), f"{quote} of {name} stands in what it quotes"
    return re.sub(r"@(?!extschema@)(\w+)@", lambda match: values[match[1]], text)


def _script(*parts: str) -> str:
    # Nothing of the caller's may come between the script and what it names, as in `graphile-worker migrate`.
    return "\n".join(["set local search_path to pg_catalog, pg_temp;\n", *parts])


def _extension_script(text: str) -> str:
    """With the line that keeps psql from running a script that only CREATE EXTENSION and ALTER EXTENSION can run."""
    return f'\\echo Use "create extension graphile_worker" or "alter extension graphile_worker update". \\quit\n{text}'


def _quoted(text: str, tag: str) -> str:
    assert f"${tag}$" not in text, f"${tag}$ stands in the text to be quoted with it"
    return f"${tag}$\n{text.strip()}\n${tag}$"


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the files of every way to install.")
    parser.add_argument("--out", type=Path, default=HERE / "build", help="the folder to write to")
    parser.add_argument("--server", type=int, default=TRUSTED_SINCE, help="the major version to write them for")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, text in Release.read().files(arguments.server).items():
        (arguments.out / name).write_text(text)


if __name__ == "__main__":
    main()
