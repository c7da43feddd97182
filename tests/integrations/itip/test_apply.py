"""What comes in changes an answer or nothing: every outcome, the order of answers, and what forgers get."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.calendar.itip.apply import Trust, apply_incoming
from integrations.calendar.itip.event import Attendee, Entry, Event, Moment, Organizer
from integrations.calendar.itip.outcome import Outcome
from integrations.calendar.itip.reading import read

ZONE = "Asia/Ho_Chi_Minh"
NOW = datetime(2026, 9, 2, 3, 0, tzinfo=UTC)
UID = "5b0c0c0e@hop.example"
MASTER = Entry(
    Moment(datetime(2026, 9, 7, 8, 0), ZONE),  # noqa: DTZ001
    Moment(datetime(2026, 9, 7, 9, 30), ZONE),  # noqa: DTZ001
    sequence=3,
    last_major_sequence=2,
    rule="FREQ=WEEKLY;COUNT=10;BYDAY=MO",
    exdates=(Moment(datetime(2026, 9, 21, 8, 0), ZONE),),  # noqa: DTZ001
    organizer=Organizer("hop@hop.example"),
    attendees=(
        Attendee("a@so.example", "A", "CHAIR", partstat="ACCEPTED"),
        Attendee("b@huyen.example", "B", rsvp=True),
    ),
)
EVENT = Event(UID, MASTER)
ONE = replace(EVENT, master=replace(MASTER, rule=None, exdates=()))
MOVED = replace(
    MASTER, rule=None, exdates=(), recurrence_id=Moment(datetime(2026, 9, 28, 8, 0), ZONE),  # noqa: DTZ001
    starts=Moment(datetime(2026, 9, 29, 14, 0), ZONE), ends=Moment(datetime(2026, 9, 29, 15, 0), ZONE),  # noqa: DTZ001
    last_major_sequence=3,
)  # fmt: skip


def reply(
    partstat: str = "ACCEPTED", *, attendee: str = "ATTENDEE;PARTSTAT={}:mailto:b@huyen.example", stamp: int = 1,
    sequence: int | None = 3, more: str = "", method: str = "REPLY", uid: str = UID,
    organizer: str = "ORGANIZER:mailto:hop@hop.example\r\n",
) -> bytes:  # fmt: skip
    seq = "" if sequence is None else f"SEQUENCE:{sequence}\r\n"
    who = attendee.format(partstat) + "\r\n" if attendee else ""
    return (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n{seq}"
        f"DTSTAMP:20260902T0102{stamp:02d}Z\r\n{organizer}{who}{more}END:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()


def on(date: str, form: str = f";TZID={ZONE}:{{}}T080000") -> str:
    return f"RECURRENCE-ID{form.format(date)}\r\n"


def got(
    data: bytes, event: Event | None = EVENT, sender: str = "mailto:B@huyen.example", trust: Trust | None = None
) -> Outcome:
    return apply_incoming(event, read(data), sender, now=NOW, trust=trust or Trust({}, (), ()))


def partstat(event: Event | None, mail: str = "b@huyen.example", date: datetime | None = None) -> str:
    assert event is not None
    entry = event.override(Moment(date, ZONE)) if date else event.master
    assert entry is not None
    found = entry.attendee(mail)
    assert found is not None
    return found.partstat


def test_an_answer_is_applied_to_the_series_and_nothing_else_changes() -> None:
    outcome = got(
        reply("TENTATIVE", more="COMMENT:Xin đến muộn\\, 10 phút\r\nDTSTART:20300101T000000Z\r\nSUMMARY:x\r\n")
    )
    assert (outcome.code, outcome.attendee, outcome.partstat) == ("applied", "b@huyen.example", "TENTATIVE")
    assert outcome.comment == "Xin đến muộn, 10 phút" and outcome.recurrence_id is None
    assert outcome.answer is not None and outcome.answer.reply_sequence == 3
    assert partstat(outcome.event) == "TENTATIVE" and partstat(outcome.event, "a@so.example") == "ACCEPTED"
    assert outcome.event is not None and outcome.event.master is not None
    assert replace(outcome.event.master, attendees=MASTER.attendees) == MASTER


@pytest.mark.parametrize(
    ("data", "code", "reason"),
    [
        (reply(method="REQUEST"), "rejected", "request"),
        (reply(method="CANCEL"), "rejected", "cancel"),
        (reply(method="PUBLISH"), "rejected", "publish"),
        (reply(method="ADD"), "rejected", "add"),
        (reply(method="DECLINECOUNTER"), "rejected", "declinecounter"),
        (reply(method="BOOK"), "invalid", "method"),
        (reply(uid=UID.upper()), "unknown_uid", UID.upper()),
        (reply(organizer="ORGANIZER:mailto:foreign@x.example\r\n"), "foreign_organizer", "foreign@x.example"),
        (reply(organizer=""), "applied", ""),
        (reply(organizer="ORGANIZER:MAILTO:mailto:Hop@Hop.example\r\n"), "applied", ""),
        (reply("PERHAPS"), "invalid", "partstat"),
        (reply("DELEGATED"), "invalid", "delegation"),
        (reply(sequence=1), "old_version", "sequence"),
        (reply(sequence=2), "applied", ""),
        (reply(sequence=None), "old_version", "sequence"),
        (reply(sequence=None, more="X-MICROSOFT-CDO-APPT-SEQUENCE:2\r\n"), "applied", ""),
        (reply(attendee="ATTENDEE;PARTSTAT={}:mailto:a@so.example"), "unverified", "sender"),
        (reply(attendee="ATTENDEE;PARTSTAT={}:mailto:c@x.example"), "unverified", "sender"),
        (reply(attendee=""), "invalid", "partstat"),
        (reply(more=on("20260907")), "applied", ""),
        (reply(more=on("20260908")), "unknown_instance", "no_such_date"),
        (reply(more=on("20260921")), "unknown_instance", "cancelled"),
        (reply(more=on("20261116")), "unknown_instance", "no_such_date"),
        (reply(more=on("20260914", f";RANGE=THISANDFUTURE;TZID={ZONE}:{{}}T080000")), "invalid", "range"),
        (reply(method="REFRESH", attendee="ATTENDEE:mailto:b@huyen.example"), "refresh", ""),
        (reply(method="REFRESH", attendee="ATTENDEE:mailto:a@so.example"), "unverified", "sender"),
        (reply(attendee="ATTENDEE;PARTSTAT={0}:mailto:a@so.example\r\nATTENDEE;PARTSTAT={0}:mailto:b@huyen.example"),
         "invalid", "several_attendees"),
    ],
)  # fmt: skip
def test_every_decision(data: bytes, code: str, reason: str) -> None:
    outcome = got(data)
    assert (outcome.code, outcome.reason) == (code, reason)
    if code not in ("applied", "unknown_uid"):
        assert outcome.event == EVENT


def test_without_the_entry_nothing_is_known() -> None:
    outcome = got(reply(), None)
    assert (outcome.code, outcome.event) == ("unknown_uid", None)


def test_a_stranger_waits_for_the_organiser() -> None:
    data = reply(attendee='ATTENDEE;PARTSTAT={};CN="Người lạ":mailto:c@x.example')
    outcome = got(data, sender="c@x.example")
    assert (outcome.code, outcome.partstat, outcome.event) == ("pending_guest", "ACCEPTED", EVENT)
    assert outcome.deputy is not None and outcome.deputy.cn == "Người lạ"


def test_aliases_delegates_and_what_the_mail_server_says_of_the_sender() -> None:
    alias = Trust({"b.cu@huyen.example": "b@huyen.example"}, (), ())
    assert got(reply(), sender="b.cu@huyen.example", trust=alias).code == "applied"
    assert (
        got(reply(attendee="ATTENDEE;PARTSTAT={}:mailto:b.cu@huyen.example"), trust=alias).attendee == "b@huyen.example"
    )
    by_secretary = reply(attendee='ATTENDEE;PARTSTAT={};SENT-BY="mailto:thuky@huyen.example":mailto:b@huyen.example')
    pair = Trust({}, {("b@huyen.example", "thuky@huyen.example")}, ())
    assert got(by_secretary, sender="thuky@huyen.example", trust=pair).code == "applied"
    assert got(by_secretary, sender="thuky@huyen.example").code == "unverified"
    spoofed = got(reply(), trust=Trust({}, (), (), authentic=False))
    assert (spoofed.code, spoofed.reason) == ("unverified", "dmarc")
    assert got(reply(), sender="").code == "unverified"


def test_a_deputy_is_named_but_not_invited() -> None:
    two = (
        'ATTENDEE;PARTSTAT={};DELEGATED-TO="mailto:C@x.example":mailto:b@huyen.example\r\n'
        'ATTENDEE;PARTSTAT=NEEDS-ACTION;CN=Phó;DELEGATED-FROM="mailto:b@huyen.example":mailto:c@x.example'
    )
    outcome = got(reply("DELEGATED", attendee=two))
    assert outcome.code == "delegated" and outcome.deputy is not None and outcome.deputy.mail == "c@x.example"
    assert partstat(outcome.event) == "DELEGATED"
    assert outcome.event is not None and outcome.event.master is not None and len(outcome.event.master.attendees) == 2
    unquoted = two.replace('"mailto:C@x.example"', "mailto:c@x.example")
    assert got(reply("DELEGATED", attendee=unquoted)).code == "delegated"
    own = two.replace("{}", "DELEGATED").replace("NEEDS-ACTION", "{}")
    deputy = got(reply("ACCEPTED", attendee=own), outcome.event, "c@x.example")
    assert (deputy.code, deputy.reason, deputy.partstat) == ("pending_guest", "deputy", "ACCEPTED")


def test_another_time_is_proposed_and_changes_nothing() -> None:
    times = f"DTSTART;TZID={ZONE}:20260908T100000\r\nDURATION:PT1H\r\n"
    both = "ATTENDEE:mailto:a@so.example\r\nATTENDEE;PARTSTAT={}:mailto:b@huyen.example"
    outcome = got(reply("TENTATIVE", method="COUNTER", attendee=both, more=times))
    assert (outcome.code, outcome.partstat, outcome.event) == ("counter", "TENTATIVE", EVENT)
    assert outcome.starts is not None and outcome.starts.instant() == datetime(2026, 9, 8, 3, 0, tzinfo=UTC)
    assert outcome.ends is not None and outcome.ends.instant() == datetime(2026, 9, 8, 4, 0, tzinfo=UTC)
    assert got(reply(method="COUNTER", attendee=both)).reason == "no_times"
    assert got(reply(method="COUNTER", sequence=2, more=times)).code == "old_version"
    assert got(reply(method="COUNTER", attendee=both, more=times), sender="x@x.example").code == "unverified"


def test_answers_are_ordered_by_sequence_then_by_the_senders_clock() -> None:
    first = got(reply("ACCEPTED", stamp=5))
    assert got(reply("ACCEPTED", stamp=5), first.event).code == "duplicate"
    assert got(reply("DECLINED", stamp=4), first.event).code == "older"
    assert got(reply("DECLINED", stamp=9, sequence=2), first.event).code == "older"
    assert got(reply("DECLINED", stamp=6), first.event).code == "applied"


def test_outlooks_own_time_breaks_a_tie_and_1601_does_not() -> None:
    def at(time: str) -> str:
        return f"X-MICROSOFT-CDO-REPLYTIME:{time}\r\n"

    first = got(reply("ACCEPTED", more=at("20260902T010200Z")))
    assert partstat(got(reply("DECLINED", more=at("20260902T010300Z")), first.event).event) == "DECLINED"
    assert got(reply("DECLINED", more=at("20260902T010100Z")), first.event).code == "older"
    assert got(reply("DECLINED", more=at("16010101T000000Z")), first.event).code == "duplicate"


def test_a_clock_far_ahead_and_a_version_of_the_future_do_not_lock_their_owner_out() -> None:
    data = reply("DECLINED", sequence=2_000_000_000).replace(b"DTSTAMP:2026", b"DTSTAMP:2199")
    first = got(data)
    assert first.code == "applied"
    later = apply_incoming(
        first.event, read(reply("ACCEPTED").replace(b"DTSTAMP:20260902", b"DTSTAMP:20260905")), "b@huyen.example",
        now=NOW + timedelta(days=3),
    )  # fmt: skip
    assert (later.code, partstat(later.event)) == ("applied", "ACCEPTED")


@pytest.mark.parametrize(
    "form",
    [
        f";TZID={ZONE}:{{}}T080000",
        ";TZID=SE Asia Standard Time:{}T080000",
        ";TZID=/vendor.example/2019/Asia/Ho_Chi_Minh:{}T080000",
        ";TZID=Customized Time Zone:{}T080000",
        ":{}T080000",
        ":{}T010000Z",
        ";TZID=Europe/Paris:{}T030000",
        ";VALUE=DATE:{}",
    ],
)
def test_a_date_is_found_however_it_is_written(form: str) -> None:
    outcome = got(reply("DECLINED", more=on("20260914", form)))
    assert outcome.code == "applied"
    assert partstat(outcome.event, date=datetime(2026, 9, 14, 8, 0)) == "DECLINED"  # noqa: DTZ001
    assert partstat(outcome.event) == "NEEDS-ACTION"


def test_a_whole_day_named_by_outlook_with_a_time_is_that_day() -> None:
    days = replace(
        MASTER, starts=Moment(datetime(2026, 9, 7), all_day=True), ends=Moment(datetime(2026, 9, 8), all_day=True),  # noqa: DTZ001
        exdates=(),
    )  # fmt: skip
    outcome = got(reply(more=on("20260914", ";TZID=x:{}T000000")), replace(EVENT, master=days))
    assert outcome.code == "applied" and outcome.event is not None
    assert outcome.event.overrides[0].starts == Moment(datetime(2026, 9, 14), None, True)  # noqa: DTZ001


def test_a_moved_date_is_named_by_its_first_start_and_asks_for_its_own_version() -> None:
    event = replace(EVENT, overrides=(MOVED,))
    assert got(reply(more=on("20260928"), sequence=2), event).code == "old_version"
    outcome = got(reply("DECLINED", more=on("20260928")), event)
    assert partstat(outcome.event, date=datetime(2026, 9, 28, 8, 0)) == "DECLINED"  # noqa: DTZ001
    assert outcome.event is not None and outcome.event.overrides[0].starts == MOVED.starts
    assert got(reply(more=on("20260929", f";TZID={ZONE}:{{}}T140000")), event).code == "unknown_instance"
    cancelled = replace(EVENT, overrides=(replace(MOVED, status="CANCELLED"),))
    assert got(reply(more=on("20260928")), cancelled).code == "unknown_instance"


def test_several_entries_of_one_message_are_all_decided() -> None:
    first = reply("ACCEPTED", stamp=3).replace(b"END:VCALENDAR\r\n", b"")
    second = reply("DECLINED", stamp=3, more=on("20260914")).partition(b"METHOD:REPLY\r\n")[2]
    outcome = got(first + second)
    assert [one.code for one in outcome.all] == ["applied", "applied"]
    assert partstat(outcome.event) == "ACCEPTED"
    assert partstat(outcome.event, date=datetime(2026, 9, 14, 8, 0)) == "DECLINED"  # noqa: DTZ001


messages = st.lists(
    st.tuples(
        st.sampled_from(["ACCEPTED", "DECLINED", "TENTATIVE"]), st.sampled_from([None, "20260914", "20260928"]),
        st.integers(2, 3),
    ),
    min_size=1, max_size=4,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(messages)
def test_mails_may_overtake_each_other_and_come_twice(given_messages: list[tuple[str, str | None, int]]) -> None:
    """Each sent a second after the last, about the newest version: the end is the same in every order."""
    event = replace(EVENT, overrides=(MOVED,))
    sent = [
        reply(said, stamp=number, more=on(date) if date else "")
        for number, (said, date, _) in enumerate(given_messages, 1)
    ]
    ends = set()
    for order in permutations(sent):
        state: Event | None = event
        for data in (*order, order[0]):
            state = got(data, state).event
        assert state is not None
        dates = [datetime(2026, 9, day, 8, 0) for day in (14, 28)]  # noqa: DTZ001
        answers = [
            state.override(Moment(date, ZONE)) is not None and partstat(state, date=date) != partstat(state)
            and partstat(state, date=date)
            for date in dates
        ]  # fmt: skip
        ends.add((partstat(state), *answers))
    assert len(ends) == 1


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["REPLY", "COUNTER", "REFRESH", "CANCEL", "REQUEST", "ADD", "PUBLISH", "", "X"]),
    st.sampled_from(["a@so.example", "b@huyen.example", "c@x.example"]),
    st.sampled_from(["a@so.example", "b@huyen.example", "c@x.example"]),
    st.sampled_from(["ACCEPTED", "DECLINED", "DELEGATED", "", "CANCELLED"]),
    st.lists(
        st.sampled_from(
            [on("20260914"), on("20260928"), on("20260908"), "STATUS:CANCELLED\r\n", "RRULE:FREQ=DAILY\r\n",
             "DTSTART:20300101T000000Z\r\n", "DTEND:20310101T000000Z\r\n", "EXDATE:20260907T010000Z\r\n",
             "LOCATION:elsewhere\r\n", "URL:https://evil.example\r\n"],
        ),
        max_size=5,
    ),
    st.none() | st.integers(0, 9),
)  # fmt: skip
def test_nothing_that_comes_in_moves_cancels_or_renames(
    method: str, who: str, sender: str, said: str, lines: list[str], sequence: int | None
) -> None:
    event = replace(EVENT, overrides=(MOVED,))
    data = reply(
        said, method=method, attendee=f"ATTENDEE;PARTSTAT={{}}:mailto:{who}", more="".join(lines), sequence=sequence
    )
    outcome = got(data, event, sender)
    changed = outcome.event
    assert changed is not None and changed.master is not None
    if who != sender or who == "c@x.example" or method != "REPLY":
        assert changed == event
    people = [(one.mail, one.role, one.cn) for one in MASTER.attendees]
    assert replace(changed.master, attendees=MASTER.attendees) == MASTER
    for entry in changed.overrides:
        assert [(one.mail, one.role, one.cn) for one in entry.attendees] == people
        like = MOVED if entry.recurrence_id == MOVED.recurrence_id else None
        if like is None:
            assert entry.recurrence_id is not None and entry.starts.same(entry.recurrence_id)
            assert (entry.status, entry.summary, entry.location) == (MASTER.status, MASTER.summary, MASTER.location)
        else:
            assert replace(entry, attendees=like.attendees) == like
