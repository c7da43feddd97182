"""The table of messages, row by row: what changed, who is told, under which number."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from integrations.calendar.itip import event_from_ics, plan, plan_files, plan_messages, resend
from integrations.calendar.itip.event import Attendee, Event, Organizer
from integrations.calendar.lint import lint
from integrations.errors import Refused
from tests.fakes.libical import complaints, find_library

LIBICAL = find_library()
HOP = "hop@hop.example"
AT = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
SINGLE = """\
UID:one@hop.example
SEQUENCE:2
DTSTAMP:20260901T010000Z
DTSTART;TZID=Asia/Ho_Chi_Minh:20261005T080000
DTEND;TZID=Asia/Ho_Chi_Minh:20261005T093000
SUMMARY:Họp giao ban
ORGANIZER;CN=Sở Nội vụ:mailto:hop@hop.example
ATTENDEE;ROLE=CHAIR;PARTSTAT=ACCEPTED;CN=Nguyễn A:mailto:a@so.example
ATTENDEE;PARTSTAT=ACCEPTED;CN=Trần B:mailto:b@huyen.example
ATTENDEE;PARTSTAT=DECLINED;CN=Lê C:MAILTO:C@xa.example
ATTENDEE;CUTYPE=ROOM;ROLE=NON-PARTICIPANT;PARTSTAT=ACCEPTED;CN=Phòng họp:mailto:room@hop.example
"""
SERIES = SINGLE.replace("SUMMARY", "RRULE:FREQ=WEEKLY;COUNT=6\nSUMMARY")
DATE = (
    SINGLE.replace("SUMMARY", "RECURRENCE-ID;TZID=Asia/Ho_Chi_Minh:20261012T080000\nSUMMARY")
    .replace(":20261005T08", ":20261012T08")
    .replace(":20261005T09", ":20261012T09")
)
SECOND = "20261012T080000"
Row = tuple[str, str, bool, int, str | None]


def file(*events: str) -> bytes:
    body = "".join(f"BEGIN:VEVENT\n{one}END:VEVENT\n" for one in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{body}END:VCALENDAR\n".encode()


def rows(old: bytes | None, new: bytes | None, now: datetime | None = AT) -> list[Row]:
    """The messages; each of them passes the lint, and libical's check where that is installed."""
    found = plan_files(old, new, HOP, now=now)
    for one in found:
        recipient = one.recipient.removeprefix("mailto:")
        assert lint(one.ics, method=one.method, recipient=recipient) == []
        if LIBICAL is not None:
            assert complaints(LIBICAL, one.ics) == []
    return [
        (one.method, one.recipient[7:].partition("@")[0], one.significant, one.sequence, one.recurrence_id)
        for one in found
    ]


def to(method: str, people: str, significant: bool, sequence: int, date: str | None = None) -> list[Row]:
    return [(method, mail, significant, sequence, date) for mail in people]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (None, [SINGLE.replace("SEQUENCE:2\n", "")], to("REQUEST", "abc", True, 0)),
        ([SINGLE], [SINGLE], []),
        ([SINGLE], [SINGLE.replace("giao ban", "bất thường")], to("REQUEST", "abc", False, 3)),
        ([SINGLE], [SINGLE.replace("T0930", "T1000")], to("REQUEST", "abc", True, 3)),
        ([SINGLE], [SINGLE.replace("SUMMARY", "LOCATION:Hội trường\nSUMMARY")], to("REQUEST", "abc", False, 3)),
        ([SINGLE], [SINGLE + "ATTENDEE:mailto:d@xa.example\n"], to("REQUEST", "d", False, 2)),
        ([SINGLE + "ATTENDEE:mailto:d@xa.example\n"], [SINGLE], to("CANCEL", "d", False, 3)),
        ([SINGLE], [SINGLE.replace("PARTSTAT=DECLINED", "PARTSTAT=ACCEPTED")], []),
        ([SINGLE], [SINGLE.replace("Nguyễn A", "Phạm D")], to("REQUEST", "abc", False, 3)),
        ([SINGLE], [SINGLE.replace("CN=Sở", "CN=UBND")], to("REQUEST", "abc", False, 3)),
        ([SINGLE], [SINGLE.replace("SUMMARY", "COMMENT:x\nX-ANY:y\nSUMMARY")], []),
        ([SINGLE], None, to("CANCEL", "abc", True, 3)),
        ([SINGLE], [SINGLE + "STATUS:CANCELLED\n"], to("CANCEL", "abc", True, 3)),
        ([SINGLE + "STATUS:CANCELLED\n"], None, []),
        ([SINGLE + "STATUS:CANCELLED\n"], [SINGLE], to("REQUEST", "abc", True, 3)),
        ([SERIES], [SERIES, DATE.replace("giao ban", "riêng")], to("REQUEST", "abc", False, 3, SECOND)),
        ([SERIES], [SERIES, DATE.replace("T0930", "T1000")], to("REQUEST", "abc", True, 3, SECOND)),
        ([SERIES], [SERIES, DATE], []),
        ([SERIES], [SERIES, DATE + "STATUS:CANCELLED\n"], to("CANCEL", "abc", True, 3, SECOND)),
        (
            [SERIES],
            [SERIES + "EXDATE;TZID=Asia/Ho_Chi_Minh:20261012T080000\n"],
            to("CANCEL", "abc", True, 3, SECOND),
        ),
        (
            [SERIES + "EXDATE:20261012T010000Z\n"],
            [SERIES],
            to("REQUEST", "abc", True, 3, SECOND),
        ),
        ([SERIES], [SERIES, DATE + "ATTENDEE:mailto:d@xa.example\n"], to("REQUEST", "d", False, 3, SECOND)),
        (
            [SERIES],
            [SERIES, DATE.replace("ATTENDEE;PARTSTAT=DECLINED;CN=Lê C:MAILTO:C@xa.example\n", "")],
            to("REQUEST", "c", True, 3),
        ),
        (
            [SERIES, DATE + "ATTENDEE:mailto:d@xa.example\n"],
            [SERIES, DATE],
            to("CANCEL", "d", False, 3, SECOND),
        ),
        ([SERIES, DATE + "ATTENDEE:mailto:d@xa.example\n"], None,
         [*to("CANCEL", "abc", True, 3), *to("CANCEL", "d", True, 4, SECOND)]),
        ([SERIES], [SERIES.replace("COUNT=6", "COUNT=8")], to("REQUEST", "abc", True, 3)),
        ([SERIES], [SERIES.replace("FREQ=WEEKLY;COUNT=6", "COUNT=6;INTERVAL=1;FREQ=WEEKLY")], []),
        ([SINGLE], [SINGLE.replace("DTEND;TZID=Asia/Ho_Chi_Minh:20261005T093000", "DURATION:PT1H30M")], []),
    ],
)  # fmt: skip
def test_each_row(old: list[str] | None, new: list[str] | None, told: list[Row]) -> None:
    assert rows(file(*old) if old else None, file(*new) if new else None) == told


def test_two_dates_take_two_numbers() -> None:
    third = DATE.replace("20261012", "20261019")
    assert rows(file(SERIES), file(SERIES, DATE.replace("giao ban", "x"), third.replace("giao ban", "y"))) == [
        *to("REQUEST", "abc", False, 3, SECOND),
        *to("REQUEST", "abc", False, 4, "20261019T080000"),
    ]


def test_what_a_new_pattern_no_longer_has_is_dropped() -> None:
    moved = DATE.replace("giao ban", "riêng")
    (first, *_) = plan_files(file(SERIES, moved), file(SERIES.replace(":20261005T", ":20261006T"), moved), HOP, now=AT)
    assert first.significant
    assert b"RECURRENCE-ID" not in first.ics


def test_only_the_date_is_sent_and_a_whole_object_to_newcomers() -> None:
    (date, *_) = plan_files(file(SERIES), file(SERIES, DATE.replace("giao ban", "riêng")), HOP, now=AT)
    assert date.ics.count(b"BEGIN:VEVENT") == 1
    assert b"RRULE" not in date.ics
    assert b"RECURRENCE-ID;TZID=Asia/Ho_Chi_Minh:20261012T080000" in date.ics
    changed = DATE.replace("giao ban", "riêng") + "ATTENDEE:mailto:d@xa.example\n"
    (new,) = plan_files(file(SERIES, changed), file(SERIES + "ATTENDEE:mailto:d@xa.example\n", changed), HOP, now=AT)
    assert new.ics.count(b"BEGIN:VEVENT") == 2
    assert new.recurrence_id is None


def test_a_major_change_asks_again_and_a_minor_one_keeps_answers() -> None:
    minor, major = (
        plan_files(file(SINGLE), file(SINGLE.replace(*change)), HOP, now=AT)[0].ics.replace(b"\r\n ", b"").decode()
        for change in (("giao ban", "x"), ("T0930", "T1000"))
    )
    assert 'PARTSTAT=ACCEPTED;RSVP=FALSE;CN="Trần B"' in minor
    assert 'PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN="Trần B"' in major
    assert 'ROLE=CHAIR;PARTSTAT=ACCEPTED;RSVP=FALSE;CN="Nguyễn A"' in major
    assert 'ROLE=NON-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE;CN="Phòng họp"' in major


def test_a_file_that_leaves_answers_out_takes_none_back() -> None:
    bare = SINGLE.replace("PARTSTAT=ACCEPTED;CN=Trần B", "CN=Trần B").replace("giao ban", "x")
    message = plan_files(file(SINGLE), file(bare), HOP, now=AT)[0].ics.replace(b"\r\n ", b"").decode()
    assert 'PARTSTAT=ACCEPTED;RSVP=FALSE;CN="Trần B"' in message


def test_leaving_says_nothing_of_others_and_cancelling_is_for_all() -> None:
    (leaving,) = plan_files(file(SINGLE + "ATTENDEE:mailto:d@xa.example\n"), file(SINGLE), HOP, now=AT)
    assert leaving.ics.count(b"ATTENDEE") == 1
    assert b"STATUS" not in leaving.ics
    off = plan_files(file(SERIES), None, HOP, now=AT)[0].ics
    assert b"STATUS:CANCELLED" in off
    assert not any(word in off for word in (b"RRULE", b"VALARM", b"EXDATE"))


def test_back_again_is_newer_than_the_cancellation() -> None:
    old = event_from_ics(file(SINGLE))
    without = event_from_ics(file(SINGLE.replace("ATTENDEE;PARTSTAT=DECLINED;CN=Lê C:MAILTO:C@xa.example\n", "")))
    out = plan(old, without, AT)
    back = plan(out.events[0], old, AT)
    assert [(one.method, one.sequence) for one in (*out.messages, *back.messages)] == [("CANCEL", 3), ("REQUEST", 4)]
    assert back.messages[0].dtstamp > out.messages[0].dtstamp


def test_the_organizer_gets_nothing_nor_does_who_is_told_by_others() -> None:
    more = SINGLE + f"ATTENDEE:mailto:{HOP}\nATTENDEE;SCHEDULE-AGENT=CLIENT:mailto:d@xa.example\n"
    assert [row[1] for row in rows(None, file(more))] == ["a", "b", "c"]


def test_nothing_about_what_is_over_and_without_a_present_nothing_is() -> None:
    later = datetime(2026, 12, 1, tzinfo=UTC)
    changed = SINGLE.replace("giao ban", "x")
    assert rows(file(SINGLE), file(changed), later) == rows(file(SINGLE), None, later) == []
    assert len(rows(file(SINGLE), file(changed), None)) == len(rows(file(SINGLE), None, None)) == 3
    assert len(rows(file(SERIES), None, datetime(2026, 10, 20, tzinfo=UTC))) == 3
    assert rows(file(SERIES), file(SERIES, DATE.replace("giao ban", "x")), datetime(2026, 10, 20, tzinfo=UTC)) == []


def test_a_series_that_began_is_cut_where_all_of_it_moves() -> None:
    new = SERIES.replace("T080000", "T090000").replace("T093000", "T103000")
    present = datetime(2026, 10, 14, tzinfo=UTC)
    found = plan_files(file(SERIES), file(new), HOP, now=present)
    ended, rest = found[0], found[3]
    assert [one.method for one in found] == ["REQUEST"] * 6
    assert b"UNTIL=20261012T010000Z" in ended.ics
    assert rest.uid != ended.uid
    assert b"RELATED-TO:one@hop.example" in rest.ics
    assert b"DTSTART;TZID=Asia/Ho_Chi_Minh:20261019T090000" in rest.ics
    assert b"COUNT=4" in rest.ics
    assert rest.sequence == 0


def test_this_and_following_is_cut_too() -> None:
    ranged = DATE.replace("RECURRENCE-ID;", "RECURRENCE-ID;RANGE=THISANDFUTURE;").replace("giao ban", "mới")
    found = plan_files(file(SERIES), file(SERIES, ranged), HOP, now=AT)
    assert [(one.recipient[7:8], one.sequence, one.significant) for one in found] == [
        ("a", 3, True), ("b", 3, True), ("c", 3, True), ("a", 0, True), ("b", 0, True), ("c", 0, True),
    ]  # fmt: skip
    assert b"UNTIL=20261005T010000Z" in found[0].ics
    assert b"COUNT=5" in found[3].ics
    assert b"RANGE" not in b"".join(one.ics for one in found)


def test_a_range_as_the_standard_writes_it_and_a_date_that_says_only_what_differs() -> None:
    ranged = DATE.replace(
        "RECURRENCE-ID;TZID=Asia/Ho_Chi_Minh:20261012T080000", "RECURRENCE-ID;THISANDFUTURE:20261012T010000Z"
    )
    assert len(plan_files(file(SERIES), file(SERIES, ranged.replace("giao ban", "mới")), HOP, now=AT)) == 6
    short = "".join(line for line in DATE.splitlines(True) if not line.startswith(("DTSTART", "DTEND")))
    assert rows(file(SERIES), file(SERIES, short.replace("giao ban", "x"))) == to("REQUEST", "abc", False, 3, SECOND)
    assert rows(file(SERIES), file(SERIES, short)) == []


def test_another_mailbox_needs_another_uid() -> None:
    other = SINGLE.replace("mailto:hop@", "mailto:new@")
    with pytest.raises(Refused, match="organizer changed"):
        plan_messages(event_from_ics(file(SINGLE)), event_from_ics(file(other)))
    found = plan_files(file(SINGLE), file(other.replace("one@", "two@")), "new@hop.example", now=AT)
    assert [(one.method, one.uid[:3]) for one in found] == [("CANCEL", "one")] * 3 + [("REQUEST", "two")] * 3


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ([SINGLE], [SINGLE.replace("one@", "two@")], "two different entries"),
        (None, [SINGLE.replace("hop@hop", "foreign@hop")], "is foreign@hop.example, not"),
        (None, [SINGLE, SINGLE.replace("one@", "two@")], "holds two entries"),
        (None, [SERIES, DATE.replace("mailto:hop@", "mailto:x@")], "several organizers"),
        (None, [SINGLE.replace("Asia/Ho_Chi_Minh", "Nowhere/Land")], "is not known"),
        (None, [SINGLE.replace("DTSTART", "X-START")], "DTSTART"),
        (None, [SINGLE.replace("T0930", "T0730")], "before it starts"),
        (None, [SINGLE.replace("SUMMARY", "RRULE:often\nSUMMARY")], "not a rule"),
        (None, [SINGLE, SINGLE.replace("20261005", "20261006")], "several times without RECURRENCE-ID"),
        (None, [SINGLE.replace("UID:one@hop.example\n", "")], "no_uid"),
    ],
)
def test_what_cannot_be_followed_is_refused_with_a_reason(old: list[str] | None, new: list[str], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        plan_files(file(*old) if old else None, file(*new), HOP)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=MINUTELY;COUNT=9;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;COUNT=9;BYMONTHDAY=31;BYSETPOS=5",
        "FREQ=MONTHLY;COUNT=9;BYMONTHDAY=1;BYDAY=5MO",
        "FREQ=MONTHLY;INTERVAL=12;COUNT=9;BYMONTHDAY=31",
        "FREQ=DAILY;INTERVAL=7;COUNT=9;BYDAY=TU",
        "FREQ=MONTHLY;COUNT=9;BYDAY=MO;BYSETPOS=6",
        "FREQ=MONTHLY;INTERVAL=99;COUNT=999",
        "FREQ=SECONDLY",
    ],
)
def test_a_rule_that_would_never_end_costs_nothing(rule: str) -> None:
    endless = SERIES.replace("FREQ=WEEKLY;COUNT=6", rule)
    before = time.process_time()
    assert len(plan_files(file(endless), None, HOP, now=AT)) == 3
    plan_files(file(endless), file(endless.replace("T080000", "T080001")), HOP, now=AT)
    assert time.process_time() - before < 1


def test_asked_again_the_same_is_sent_with_a_newer_stamp() -> None:
    event = plan(None, event_from_ics(file(SERIES)), AT).events[0]
    again = resend(event, "b@huyen.example", AT)
    (message,) = again.messages
    assert (message.method, message.sequence, message.significant) == ("REQUEST", event.sequence, False)
    assert message.dtstamp == AT + timedelta(seconds=1)
    assert resend(again.events[0], "b@huyen.example", AT).messages[0].dtstamp == AT + timedelta(seconds=2)
    assert resend(event, "stranger@x.example", AT).messages == ()


def test_many_people_see_the_chair_and_themselves() -> None:
    crowd = SINGLE + "".join(f"ATTENDEE:mailto:x{n}@xa.example\n" for n in range(60))
    message = plan_files(None, file(crowd), HOP, now=AT)[5]
    assert message.ics.count(b"\r\nATTENDEE") == 3


def test_last_major_sequence_is_kept() -> None:
    state = plan(None, event_from_ics(file(SERIES)), AT).events[0]
    assert state.master is not None
    minor = plan(state, replace(state, master=replace(state.master, summary="x")), AT).events[0]
    assert minor.master is not None
    assert (minor.master.sequence, minor.master.last_major_sequence) == (3, 2)
    longer = replace(minor.master, ends=minor.master.ends.plus(timedelta(hours=1)))
    major = plan(minor, replace(minor, master=longer), AT).events[0]
    assert major.master is not None
    assert (major.master.sequence, major.master.last_major_sequence) == (4, 4)


def test_without_an_organizer_nobody_invites() -> None:
    event = event_from_ics(file(SINGLE))
    assert event.master is not None
    alone = Event(event.uid, replace(event.master, organizer=None, attendees=(Attendee("b@huyen.example"),)))
    assert plan_messages(None, alone) == []
    assert [one.method for one in plan_messages(event, alone, AT)] == ["CANCEL"] * 3
    assert Organizer(HOP).cn == ""
