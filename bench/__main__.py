"""The command: `python -m bench compare | shapes | operations | pairs | peers | report`."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from . import _compare as compare
from . import _docs as docs
from . import _operations as operations
from . import _pairs as pairs
from . import _peers as peers
from . import _shapes_run as shapes
from ._process import DriverError
from ._results import Results
from ._server import throwaway_server
from ._table import figures, ratios

FOLDER = Path("build/bench")


def main() -> int:
    arguments = _parser().parse_args()
    # As with Ctrl-C: server, workers and their data go, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if arguments.command == "peers":
        return peers.install()
    if arguments.command == "report":
        return docs.report(arguments.folder)
    if arguments.command == "operations":
        with throwaway_server() as server:
            operations.save(operations.measure(server, arguments), arguments.out)
        return 0
    if arguments.command == "pairs":
        return _run_pairs(arguments)
    return _run(arguments)


def _run_pairs(arguments: argparse.Namespace) -> int:
    try:
        with throwaway_server() as server:
            return pairs.run(server, arguments)
    except DriverError as error:
        print(error, file=sys.stderr)
        return 2


def _run(arguments: argparse.Namespace) -> int:
    out = arguments.out or FOLDER / f"{arguments.command}.json"
    repetitions = arguments.reps or (1 if arguments.quick else 3)
    module = {"compare": compare, "shapes": shapes}[arguments.command]
    sections = arguments.sections or module.SECTIONS
    with throwaway_server() as server:
        results = Results(arguments.command, server, repetitions)
        try:
            if arguments.command == "compare":
                _say_what_is_missing(arguments.only)
                sizes = compare.QUICK if arguments.quick else compare.Sizes()
                results.measure(compare.cases(server, sizes, arguments.only, sections))
            else:
                shapes.measure(server, results, arguments, sections)
        finally:
            # What was measured before an interruption is worth keeping.
            document = results.save(out, module.GOALS)
    print(figures(document), ratios(document), sep="\n\n")
    for what, error in results.errors.items():
        print(f"\n{what} failed: {error}")
    print(f"\n{out}")
    return 1 if results.errors else 0


def _say_what_is_missing(only: list[str]) -> None:
    missing = [name for name, peer in compare.peers().items() if name in only and not peer.installed]
    if missing:
        print(f"not installed, left out: {', '.join(missing)} (make bench-peers installs them)", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Benchmarks; see docs/performance.md.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, about in (
        ("compare", "ours, the SQL floor and the peers that are installed"),
        ("shapes", "ours with other things lying in the table; named queues; scale"),
    ):
        command = commands.add_parser(name, help=about)
        command.add_argument("--quick", action="store_true", help="fewer jobs, one repetition: a smoke test")
        command.add_argument("--reps", type=int, metavar="N", help="repetitions (3)")
        command.add_argument("--out", type=Path, metavar="FILE", help=f"JSON file ({FOLDER}/{name}.json)")
        module = {"compare": compare, "shapes": shapes}[name]
        command.add_argument("--sections", type=_list_of(module.SECTIONS), help=",".join(module.SECTIONS))
        if name == "compare":
            names = compare.CONTENDERS
            command.add_argument("--only", type=_list_of(names), default=list(names), help=",".join(names))
        else:
            command.add_argument("--only", type=_list_of(shapes.names()), help=",".join(shapes.names()))
            command.add_argument("--preset", choices=("default", "throughput"), default="default")
            command.add_argument("--notify-setting", metavar="NAME=VALUE", help="setting to compare enqueuers with")
    command = commands.add_parser("operations", help="what operators wait for, among 5,000,000 rows")
    command.add_argument("--quick", action="store_true", help="50,000 rows: a smoke test")
    command.add_argument("--out", type=Path, metavar="FILE", default=FOLDER / "operations.json", help="JSON file")
    command = commands.add_parser("pairs", help="a commit and the tree in turns: rates and processor time")
    command.add_argument("--base", required=True, metavar="COMMIT", help="the commit to compare with")
    command.add_argument("--rows", type=_list_of(pairs.NAMES), help=",".join(pairs.NAMES))
    command.add_argument("--min-pairs", type=_count, metavar="N", help="pairs of every row at least (10)")
    command.add_argument("--max-pairs", type=_count, metavar="N", help="pairs of a row whose interval stays wide (40)")
    command.add_argument(
        "--quick",
        action="store_true",
        help="a quarter of the jobs, 5 pairs, exit code 0 whatever the ratios: a smoke test",
    )
    command.add_argument("--json", type=Path, metavar="FILE", default=FOLDER / "pairs.json", help="JSON file")
    commands.add_parser("peers", help="install the peers into a folder outside the tree")
    report = commands.add_parser("report", help="write figures and charts into docs/performance.md")
    report.add_argument("folder", type=Path, nargs="?", default=FOLDER, help=f"folder with the JSON ({FOLDER})")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"not a number of pairs: {text}")
    return int(text)


def _list_of(names: tuple[str, ...]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        chosen = [name.strip() for name in text.split(",")]
        if unknown := set(chosen) - set(names):
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}; choose from {', '.join(names)}")
        return chosen

    return parse


if __name__ == "__main__":
    sys.exit(main())
