"""What we write is read alike by two calendars' libraries: icalendar and ical.js, which Thunderbird and others use."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from integrations.calendar.ics import Attendee, Invitation, render
from integrations.calendar.libical import check
from integrations.calendar.lint import lint
from tests.integrations.test_ics import CANCEL, REQUEST, UNINVITE

FRONTEND = Path(__file__).parents[2] / "frontend"
WEEK = timedelta(days=7)
LONG = ('Nguyễn Thị Thanh Hương, Phó Chủ tịch Ủy ban nhân dân; "Trưởng ban" ' * 5)[:200]
SERIES = replace(
    REQUEST,
    rule="FREQ=WEEKLY;COUNT=12;BYDAY=MO",
    exdates=(REQUEST.starts + 2 * WEEK, REQUEST.starts + 5 * WEEK),
    summary=LONG,
    description=f"{LONG}\n\nDòng hai: a,b;c\\d\nhttps://hop.example/j/x",
    alarm_minutes=None,
    attendees=(*REQUEST.attendees, Attendee("c@huyen.example", LONG), Attendee("d@huyen.example", "Đặng, Đức; Đệ: Đô")),
)
MOVED = replace(
    SERIES,
    rule=None,
    exdates=(),
    recurrence_id=REQUEST.starts + WEEK,
    starts=REQUEST.starts + WEEK + timedelta(hours=30),
    ends=REQUEST.ends + WEEK + timedelta(hours=31),
    sequence=2,
)
PUT_BACK = replace(
    MOVED, recurrence_id=REQUEST.starts + 3 * WEEK, starts=REQUEST.starts + 3 * WEEK, ends=REQUEST.ends + 3 * WEEK
)
OFF = replace(
    CANCEL, recurrence_id=REQUEST.starts + 4 * WEEK, starts=REQUEST.starts + 4 * WEEK, ends=REQUEST.ends + 4 * WEEK
)


def away(zone: str, month: int) -> Invitation:
    """A weekly series over the change of the clocks, in a zone that has one."""
    first = datetime(2027, month, 8, 8, 0, tzinfo=ZoneInfo(zone))
    return replace(
        SERIES, zone=zone, starts=first, ends=first + timedelta(hours=1), exdates=(), rule="FREQ=WEEKLY;COUNT=12"
    )


LETTERS: dict[str, tuple[Invitation, ...]] = {
    "one": (REQUEST,),
    "cancelled": (CANCEL,),
    "taken out": (UNINVITE,),
    "series": (SERIES, MOVED, PUT_BACK),
    "one date": (MOVED,),
    "one date cancelled": (OFF,),
    "monthly": (replace(SERIES, rule="FREQ=MONTHLY;UNTIL=20270607T010000Z;BYDAY=1MO", exdates=()),),
    "over midnight": (
        replace(REQUEST, starts=datetime(2026, 9, 7, 16, tzinfo=UTC), ends=datetime(2026, 9, 7, 18, tzinfo=UTC)),
    ),
    **{
        f"{zone} {month}": (away(zone, month),)
        for zone in ("Europe/Berlin", "America/New_York", "Australia/Sydney")
        for month in (3, 10)
    },
    "whole days": (
        replace(
            REQUEST,
            all_day=True,
            starts=datetime(2026, 9, 6, 17, tzinfo=UTC),
            ends=datetime(2026, 9, 8, 17, tzinfo=UTC),
        ),
    ),
}


@pytest.fixture(scope="module")
def read_by_js() -> dict[str, Any]:
    """One node process for all; left out where node or the package is not on this machine."""
    if not shutil.which("node") or not (FRONTEND / "node_modules" / "ical.js").is_dir():
        pytest.skip("node with ical.js is not on this machine")
    texts = [render(*parts).decode() for parts in LETTERS.values()]
    done = subprocess.run(
        ["node", "tests/read-ical.mjs"],
        cwd=FRONTEND,
        input=json.dumps(texts).encode(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    return dict(zip(LETTERS, json.loads(done.stdout), strict=True))


def millis(at: date) -> int | str:
    return int(at.timestamp() * 1000) if isinstance(at, datetime) else at.isoformat()


def as_icalendar_reads(ics: bytes) -> list[dict[str, Any]]:
    found = []
    for event in Calendar.from_ical(ics).walk("VEVENT"):
        people = event.get("attendee", [])
        found.append(
            {
                "uid": str(event["uid"]),
                "named": millis(event["recurrence-id"].dt) if "recurrence-id" in event else None,
                "starts": millis(event["dtstart"].dt),
                "ends": millis(event["dtend"].dt),
                "summary": str(event["summary"]),
                "description": str(event["description"]),
                "location": str(event["location"]),
                "attendees": [
                    [str(one), one.params["CN"], one.params["PARTSTAT"]]
                    for one in (people if isinstance(people, list) else [people])
                ],
            }
        )
    return found


@pytest.mark.parametrize("name", LETTERS)
def test_instants_people_and_text_are_the_same_to_both(name: str, read_by_js: dict[str, Any]) -> None:
    assert read_by_js[name]["events"] == as_icalendar_reads(render(*LETTERS[name]))


@pytest.mark.parametrize(
    "name", [name for name, parts in LETTERS.items() if parts[0].rule and not name.startswith("month")]
)
def test_every_date_of_a_series_is_where_it_should_be(name: str, read_by_js: dict[str, Any]) -> None:
    series, *dates = LETTERS[name]
    zone = ZoneInfo(series.zone)
    first, length = series.starts.astimezone(zone).replace(tzinfo=None), series.ends - series.starts
    expected = {}
    for number in range(12):
        at = (first + number * WEEK).replace(tzinfo=zone).astimezone(UTC)
        expected[at] = (at, at + length)
    for at in series.exdates:
        del expected[at]
    expected.update({one.recurrence_id.astimezone(UTC): (one.starts, one.ends) for one in dates if one.recurrence_id})
    assert sorted(read_by_js[name]["dates"]) == sorted(
        [millis(starts), millis(ends)] for starts, ends in expected.values()
    )


def test_names_of_two_hundred_signs_arrive_whole_but_for_quotes(read_by_js: dict[str, Any]) -> None:
    people = {mail: cn for mail, cn, _ in read_by_js["series"]["events"][0]["attendees"]}
    assert people["mailto:c@huyen.example"] == LONG.replace('"', "").strip()
    assert people["mailto:d@huyen.example"] == "Đặng, Đức; Đệ: Đô"


def test_lint_and_libical_find_nothing() -> None:
    written = [render(*parts) for parts in LETTERS.values()]
    for name, ics in zip(LETTERS, written, strict=True):
        assert lint(ics, method=LETTERS[name][0].method) == [], name
    assert check(written) in (None, [[] for _ in written])
