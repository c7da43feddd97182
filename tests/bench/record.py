"""The measure: the figures page's numbers from five thousand counted meetings of one year."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.bulk import insert_bundle, next_ids
from rooms.models import Unit
from scheduler.models import Conference, Tally, TallyDistrict
from scheduler.record.figures import read_figures
from scheduler.record.selection import Selection
from tests.bench.figure import Figure
from tests.bench.house import furnish

MEETINGS, LIMIT_MS, ROUNDS = 5000, 500.0, 7
NOW = datetime(2026, 12, 30, 3, tzinfo=UTC)


def _fill(db: Session) -> None:
    hosts = list(db.scalars(select(Unit.id).where(Unit.level == "province_agency")))
    districts = list(db.scalars(select(Unit.id).where(Unit.level == "district")))
    ids, tally_ids = next_ids(db, Conference, MEETINGS), next_ids(db, Tally, MEETINGS)
    conferences, tallies, seats = [], [], []
    for n, (conference_id, tally_id) in enumerate(zip(ids, tally_ids, strict=True)):
        host, day = hosts[n % len(hosts)], date(2026, 1, 1) + timedelta(days=n % 360)
        starts = datetime(2026, 1, 1, 1, tzinfo=UTC) + timedelta(days=n % 360)
        conferences.append({
            "id": conference_id, "key": f"r{n}", "counted_with": conference_id, "origin": "logged", "kind": "briefing",
            "form": "online", "title": f"Giao ban {n}", "search_key": f"giao ban {n}", "host_unit_id": host,
            "starts": starts, "ends": starts + timedelta(hours=2), "booked_ends": starts + timedelta(hours=2),
            "opens": starts, "latest_end": starts + timedelta(hours=2), "state": "recorded", "outcome": "held",
            "booked_by": "cli", "booked_at": starts,
        })  # fmt: skip
        tallies.append({
            "id": tally_id, "leader_id": conference_id, "year": 2026, "local_date": day,
            "host_unit_id": host, "host_group": "agencies", "kind_class": "meeting", "in_scope": True,
            "scope_reason": None, "status": "held", "v": 10 * (n % 3 > 0), "p": 10 * (n % 3 == 0), "online": n % 3 > 0,
            "evidence": "auto",
        })  # fmt: skip
        seats += [{"tally_id": tally_id, "counterpart_unit_id": d, "online": n % 3 > 0} for d in districts]
    insert_bundle(db, [(Conference, conferences), (Tally, tallies), (TallyDistrict, seats)])


def figures(only: str) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="confsvc-bench-db-") as folder:
        database = Database(f"sqlite:///{Path(folder) / 'db.sqlite3'}")
        furnish(database, present=False)
        database.write_now(_fill)
        took = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            found = database.read_now(read_figures, 2026, Selection(), now=NOW)
            took.append((time.perf_counter() - began) * 1000)
        if found.measure.gross.den != MEETINGS:
            raise RuntimeError(f"{found.measure.gross} instead of {MEETINGS}")
        database.close()
    yield Figure("record.figures_of_5000", median(took), "ms", LIMIT_MS / median(took), "limit_500_ms", 1.0)
