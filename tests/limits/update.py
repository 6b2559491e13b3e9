"""
Measure everything again and write instructions.json and sizes.json.

    python -m tests.limits.update [--only NAME]

Prints what changed. With --only, figures of networks whose name lacks NAME stay as they are.
"""

import argparse
import json
from pathlib import Path

from tests.limits.cases import CASES, INSTRUCTIONS, SIZES, Table, measure, read, split, versions


def write(path: Path, table: Table) -> None:
    path.write_text(json.dumps(table, indent=2, sort_keys=True) + "\n", "utf-8")


def update(only: str) -> None:
    """
    Measure the cases whose name contains ONLY.
    """
    tables = [read(p) if p.is_file() else {"figures": {}} for p in (INSTRUCTIONS, SIZES)]
    for name, case in CASES.items():
        if only not in name:
            continue
        for table in tables:
            table["figures"].setdefault(name, {})
        for board in case.boards:
            for table, figure in zip(tables, split(measure(name, board)), strict=True):
                before = table["figures"][name].get(board)
                table["figures"][name][board] = figure
                if before != figure:
                    print(f"{name} on {board}: {before} -> {figure}", flush=True)
    for path, table in zip((INSTRUCTIONS, SIZES), tables, strict=True):
        write(path, {**table, "tools": versions()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="networks whose name contains this")
    update(parser.parse_args().only)


if __name__ == "__main__":
    main()
