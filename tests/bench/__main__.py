"""``python -m tests.bench [PREFIX]``: prints one line a figure and writes bench.json into the data folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.bench import booking, common_hour, contention, endpoint, feed, freebusy, mail, many, record, series, wide
from tests.bench.figure import Figure, write

PARTS = {
    "booking.contention": contention, "booking.series": series, "booking.many_conferences": many,
    "booking.wide_against_deep": wide, "booking.": booking,
    "freebusy.first_common": common_hour, "freebusy.": freebusy, "endpoint.": endpoint, "feed.": feed, "mail.": mail,
    "record.": record,
}  # fmt: skip


def main(only: str) -> int:
    found: list[Figure] = []
    for prefix, part in PARTS.items():
        if prefix.startswith(only) or only.startswith(prefix):
            for figure in part.figures(only):
                if figure.name.startswith(only):
                    found.append(figure)
                    print(figure.line(), flush=True)
    write(found, Path(os.environ.get("VAR", "var")) / "bench.json")
    missed = [figure.name for figure in found if not figure.met]
    if missed:
        print(f"below their goal: {', '.join(missed)}", file=sys.stderr)
    return 0 if found else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
