"""Counts the code behind the two doors of the package: what importing `Worker`, and `AsyncClient`, brings in.

    python tools/closure.py [--modules] [--at-most WORKER CLIENT]

A module is behind a door when it can be reached from the door's module by imports, those inside functions included,
unless such an import leads to an optional extra, the crontab, the migrations or what operators call, which a program
that does not use them never loads. Code is a line that holds a token other than a comment or a docstring. Exits 1 above
a limit.
"""

from __future__ import annotations

import argparse
import ast
import io
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1] / "py"
PACKAGE = "graphile_worker"
DOORS = {"Worker": "_worker.worker", "AsyncClient": "_client.async_client"}
ON_DEMAND = (
    "_crontab",
    "_schema",
    "_embedded",
    "_calls.crontab_rows",
    "_calls.crontabs",
    "_calls.health_rows",
    "_calls.operating",
    "_calls.operator_rows",
    "_calls.options",
    "_calls.schedule_rows",
    "_calls.unique",
    "admin",
    "_cli",
    "contrib",
    "testing",
    "_basis.habits",
    "_basis.round_trip",
    "_recovery.hooked_recovery",
    "_worker.background",
    "_worker.local_queue",
    "_worker.lost_slots",
    "_worker.forbidden_flags",
    "_worker.host",
    "_worker.selection",
    "_worker.slots",
    "_worker.stop_signals",
    "_worker.schedule_teller",
    "_worker.worker_cron",
    "_tasks.batch",
    "_tasks.directory",
    "_tasks.elsewhere",
    "_tasks.far_client",
    "_tasks.guard",
    "_tasks.lending",
    "_tasks.limit",
    "_tasks.middleware",
    "_tasks.payload_type",
    "_tasks.payload_version",
    "_tasks.processes",
    "_tasks.program",
    "_tasks.threads",
    "_tasks.transaction",
)
"""Rooms, and modules, that an import inside a function may lead to without being counted."""

_IGNORED = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING,
    tokenize.ENDMARKER,
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description="Count the code behind Worker and AsyncClient.")
    parser.add_argument("--modules", action="store_true", help="list the modules with their lines")
    parser.add_argument("--at-most", nargs=2, type=int, metavar=("WORKER", "CLIENT"), help="exit 1 above these")
    arguments = parser.parse_args()
    limits = dict(zip(DOORS, arguments.at_most or (sys.maxsize, sys.maxsize), strict=True))
    too_large = False
    for door, start in DOORS.items():
        lines = {module: code_lines(path(module)) for module in reachable(f"{PACKAGE}.{start}")}
        print(f"{door}: {len(lines)} modules, {sum(lines.values())} lines of code")
        if arguments.modules:
            for module, count in sorted(lines.items(), key=lambda item: -item[1]):
                print(f"  {count:5} {module}")
        too_large = too_large or sum(lines.values()) > limits[door]
    return int(too_large)


def reachable(start: str) -> set[str]:
    """Returns every module of the package that an import of `start` leads to, itself included."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        found.add(module)
        waiting += imports(module)
    return found


def imports(module: str) -> Iterator[str]:
    """Yields the modules of the package that a module imports, but for those that it only loads on demand."""
    tree = ast.parse(path(module).read_text())
    for node, inside_function in _statements(tree):
        for target in _targets(module, node):
            relative = target.removeprefix(f"{PACKAGE}.")
            on_demand = any(relative == room or relative.startswith(f"{room}.") for room in ON_DEMAND)
            if not (inside_function and on_demand):
                yield target


def code_lines(file: Path) -> int:
    """Counts lines that hold a token other than a comment or a docstring."""
    text = file.read_text()
    docstrings = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _IGNORED:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - docstrings)


def path(module: str) -> Path:
    """Returns the file of a module or package."""
    base = ROOT.joinpath(*module.split("."))
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


def _statements(tree: ast.Module) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Yields every import that is executed, and whether it stands inside a function."""
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, inside = waiting.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, inside
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += [(child, inside) for child in node.orelse]
            continue
        inside = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        waiting += [(child, inside) for child in ast.iter_child_nodes(node)]


def _targets(module: str, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE)
        return
    if node.level:
        package = module if path(module).name == "__init__.py" else module.rpartition(".")[0]
        for _ in range(node.level - 1):
            package = package.rpartition(".")[0]
        base = f"{package}.{node.module}" if node.module else package
    else:
        base = node.module or ""
    if base.split(".")[0] != PACKAGE:
        return
    # The door itself re-exports everything: whoever imports from it imports what is named there.
    for alias in node.names:
        submodule = f"{base}.{alias.name}"
        if path(submodule).exists():
            yield submodule
        elif base != PACKAGE:
            yield base
    # Importing a module runs the __init__ of the packages above it.
    parts = base.split(".")
    yield from (".".join(parts[:n]) for n in range(2, len(parts)))


if __name__ == "__main__":
    sys.exit(main())
