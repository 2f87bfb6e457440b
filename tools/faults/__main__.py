"""The fault suite: `make faults`, or `python -m tools.faults [--seconds N] [NAME ...]`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import shutil
import sys
import tempfile
import time
from pathlib import Path

from .lab import LabError
from .run import BY_NAME, FAULTS, experiment, scratch_server

_COLUMNS = "{:<20} {:>6} {:>8} {:>6} {:>5} {:>12} {:>9} {:>9}  {}"
_LONGEST_LIST = 10


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.faults", description=__doc__)
    parser.add_argument("--seconds", type=float, help="how long each fault goes on; more than its own default or less")
    names = [fault.name for fault in BY_NAME]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these: {', '.join(names)}")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(names):
        parser.error(f"no such fault: {', '.join(sorted(unknown))}")

    folder = Path(tempfile.mkdtemp(prefix="graphile-worker-histories-"))
    # Of the producers' connections.
    logging.basicConfig(filename=folder / "suite.log", format="%(asctime)s %(levelname)s %(message)s")
    began = time.monotonic()
    bad = 0
    print(_COLUMNS.format("fault", "jobs", "unknown", "runs", "lost", "duplicates", "recovery", "longest", ""))
    print(_COLUMNS.format("", "", "", "", "", "in / outside", "", "delay", ""), flush=True)
    with scratch_server() as common:
        for make in [fault for fault in BY_NAME if fault.name in arguments.names] or FAULTS:
            fault = make()
            if obstacle := fault.obstacle():
                print(f"{fault.name:<20} skipped: {obstacle}", flush=True)
                continue
            try:
                with fault.server(common) as server:
                    seconds = arguments.seconds or fault.seconds
                    verdict = asyncio.run(experiment(fault, server, folder, seconds))
            except LabError as error:
                bad += 1
                print(f"{fault.name:<20} came to nothing: {error}", flush=True)
                continue
            bad += bool(verdict.faults)
            recovery, longest = ("-" if t is None else f"{t:.1f} s" for t in (verdict.recovery, verdict.longest))
            duplicates = f"{verdict.duplicates} / {verdict.unexplained}"
            outcome = "FAILED" if verdict.faults else "ok"
            figures = (verdict.jobs, verdict.unknown, verdict.runs, verdict.lost, duplicates, recovery, longest)
            print(_COLUMNS.format(fault.name, *figures, outcome), flush=True)
            for line in verdict.faults[:_LONGEST_LIST]:
                print(f"    {line}", flush=True)
            if (more := len(verdict.faults) - _LONGEST_LIST) > 0:
                print(f"    and {more} more", flush=True)
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    if bad:
        print(f"{bad} went wrong, in {minutes} min {seconds} s; histories and logs: {folder}")
        return 1
    print(f"all is well, after {minutes} min {seconds} s")
    shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
