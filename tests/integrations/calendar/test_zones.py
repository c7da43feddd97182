"""Zones as one rule: right where it is used, and not used where it would be wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar, Timezone

from integrations.calendar.ics import Attendee, Organizer, Relayed, render
from integrations.calendar.lint import lint
from integrations.calendar.timezones import VTIMEZONE, known_zones, vtimezone

WITHOUT = {
    "Africa/Cairo", "Africa/Casablanca", "Africa/El_Aaiun", "America/Godthab", "America/Nuuk", "America/Santiago",
    "America/Scoresbysund", "Asia/Gaza", "Asia/Hebron", "Asia/Jerusalem", "Asia/Tel_Aviv", "Chile/Continental",
    "Egypt", "Israel",
}  # fmt: skip
SAMPLE = [
    "Europe/Berlin", "Europe/London", "Europe/Dublin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe",
    "Australia/Sydney", "Asia/Kathmandu", "Asia/Bangkok", "Pacific/Chatham", "Asia/Tokyo",
]  # fmt: skip


def differences(zone: str, block: str, year: int = 2028) -> list[datetime]:
    """Where icalendar reads the block otherwise than the zone's own file, each third hour and a half of the year."""
    read = Timezone.from_ical(block).to_tz(lookup_tzid=False)
    at, end, found = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC), []
    while at < end:
        there = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        again = there.replace(tzinfo=read)
        earlier = ZoneInfo(zone)
        offsets = {there.replace(tzinfo=earlier, fold=fold).utcoffset() for fold in (0, 1)}
        if again.utcoffset() not in offsets:
            found.append(at)
        at += timedelta(days=1, hours=3.5)
    return found


def test_ours_is_a_constant_without_history() -> None:
    assert vtimezone("Asia/Ho_Chi_Minh", 2026) == vtimezone("Asia/Ho_Chi_Minh", 1971) == VTIMEZONE
    assert "+0700" in VTIMEZONE
    assert "1975" not in VTIMEZONE


@pytest.mark.parametrize("zone", SAMPLE)
def test_a_block_says_what_the_zone_file_says(zone: str) -> None:
    block = vtimezone(zone, 2028)
    assert block is not None
    assert "RDATE" not in block
    assert differences(zone, block) == []


def test_the_change_stands_in_the_old_clock() -> None:
    block = vtimezone("Europe/Berlin", 2026)
    assert block is not None
    assert "DTSTART:19700329T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nTZOFFSETFROM:+0100" in block
    assert "DTSTART:19701025T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nTZOFFSETFROM:+0200" in block


@pytest.mark.parametrize(
    "zone", ["Africa/Casablanca", "Asia/Jerusalem", "America/Nuuk", "No/Where", "../../etc/passwd"]
)
def test_where_one_rule_cannot_say_it_there_is_none(zone: str) -> None:
    assert vtimezone(zone, 2028) is None


def test_a_zone_that_changed_its_rule_has_none_in_those_years() -> None:
    assert vtimezone("Europe/Moscow", 2014) is None
    assert vtimezone("Europe/Moscow", 2026) is not None


def test_all_zones_but_those_known_have_a_block() -> None:
    none = {zone for zone in known_zones() if vtimezone(zone, 2028) is None}
    assert none == WITHOUT & known_zones()


@pytest.mark.slow
def test_all_blocks_say_what_the_zone_files_say() -> None:
    wrong = {}
    for zone in sorted(known_zones() - WITHOUT):
        if (block := vtimezone(zone, 2028)) and (found := differences(zone, block)):
            wrong[zone] = found[:3]
    assert wrong == {}


def test_an_invitation_in_two_zones_declares_both() -> None:
    series = Relayed(
        uid="x", sequence=0, dtstamp=datetime(2026, 9, 1, tzinfo=UTC), method="REQUEST",
        starts=datetime(2026, 10, 5, 6, 0, tzinfo=UTC), ends=datetime(2026, 10, 5, 7, 0, tzinfo=UTC), summary="Họp",
        description="", organizer=Organizer("hop@hop.example", ""), attendees=(Attendee("b@huyen.example", ""),),
        created=datetime(2026, 9, 1, tzinfo=UTC), rule="FREQ=WEEKLY;COUNT=6", zone="Europe/Berlin",
    )  # fmt: skip
    ics = render(series)
    assert lint(ics, method="REQUEST", recipient="b@huyen.example") == []
    (event,) = Calendar.from_ical(ics).walk("VEVENT")
    assert str(event["DTSTART"].dt) == "2026-10-05 08:00:00+02:00"
    with pytest.raises(ValueError, match="no short description"):
        render(Relayed(**{name: getattr(series, name) for name in series.__match_args__} | {"zone": "Asia/Jerusalem"}))
