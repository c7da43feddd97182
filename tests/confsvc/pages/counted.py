"""A made-up year for the tests of figures: the worked example of the measure, as rows of conferences and tallies."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import insert
from sqlalchemy.orm import Session

from rooms.bulk import next_ids
from rooms.names import search_key
from rooms.queries import list_units
from scheduler.models import Conference, Tally, TallyDistrict

YEAR = 2026
_KEYS = ["".join(letters).ljust(10, "2") for letters in itertools.product("abcdefghjk", repeat=2)]


class Made(NamedTuple):
    """One meeting: host, month, districts online and in person, and what makes it special."""

    host: str
    month: int
    v: int
    p: int
    values: dict[str, Any] = {}


EXAMPLE = (
    Made("UBNDT", 1, 9, 1),
    Made("SNN", 2, 10, 0, {"evidence": "auto"}),
    Made("STTTT", 2, 10, 0, {"kind": "training", "kind_class": "training"}),
    Made("SGDDT", 3, 3, 7, {"reason": "size"}),
    Made("SYT", 3, 5, 5),
    Made("UBNDT", 4, 0, 10, {"reason": "ceremony"}),
    Made("STC", 5, 1, 0),
    Made("SNV", 5, 0, 0, {"status": "failed_online"}),
    Made("TTT", 6, 0, 10, {"reason": "secret", "lawful": False}),
    Made("SLDTBXH", 7, 0, 0, {"status": "unconfirmed", "evidence": None}),
    Made("SXD", 8, 0, 0, {"in_scope": False, "scope_reason": "no_district"}),
    Made("SXD", 8, 0, 0, {"in_scope": False, "scope_reason": "status", "status": "cancelled", "evidence": None}),
)
"""The worked example: 5 of 9 online, net 5 of 8, bounds 5/10 to 6/10, weighted 38 of 71."""


def add_example(db: Session, meetings: tuple[Made, ...] = EXAMPLE, *, year: int = YEAR) -> None:
    """A unit of work: the meetings with their tallies."""
    units = {unit.code: unit for unit in list_units(db, date(year, 6, 1))}
    districts = [unit.id for unit in units.values() if unit.level == "district"]
    for number, made in enumerate(meetings):
        (conference_id,) = next_ids(db, Conference)
        starts = datetime(year, made.month, 10 + number % 18, 1, 0, tzinfo=UTC)
        values = dict(made.values)
        title = f"Cuộc số {number + 1}"
        online = made.v > 0 and made.v >= made.p
        db.execute(
            insert(Conference).values(
                id=conference_id, key=_KEYS[number],
                counted_with=conference_id, origin="logged", kind=values.get("kind", "briefing"), form="online",
                title=title, search_key=search_key(title), host_unit_id=units[made.host].id, starts=starts,
                ends=starts + timedelta(hours=2), booked_ends=starts + timedelta(hours=2), opens=starts,
                latest_end=starts + timedelta(hours=3), state="recorded", booked_by="account:1", booked_at=starts,
                in_person_reason=values.get("reason"),
            )
        )  # fmt: skip
        counted = values.get("in_scope", True) and values.get("status", "held") != "unconfirmed"
        tally_id = db.execute(
            insert(Tally).values(
                leader_id=conference_id, year=year, local_date=starts.date(), host_unit_id=units[made.host].id,
                host_group="ubnd" if made.host in ("UBNDT", "VPUB") else "agency",
                kind_class=values.get("kind_class", "meeting"), in_scope=values.get("in_scope", True),
                scope_reason=values.get("scope_reason"), status=values.get("status", "held"), v=made.v, p=made.p,
                online=counted and online, lawful=values.get("lawful", True),
                evidence=values.get("evidence", "confirmed"),
            ).returning(Tally.id)
        ).scalar_one()  # fmt: skip
        for place in range(made.v + made.p):
            db.execute(
                insert(TallyDistrict).values(
                    tally_id=tally_id, counterpart_unit_id=districts[place], online=place < made.v
                )
            )
