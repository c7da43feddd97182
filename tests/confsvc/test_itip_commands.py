"""``itip apply``, ``calendar expand`` and ``calendar check``: what they say, and that no file keeps them busy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from confsvc.cli import main
from integrations.calendar.feed import Entry
from integrations.calendar.feed import calendar as feed
from integrations.calendar.ics import render
from integrations.calendar.libical import find_library
from tests.integrations.itip.test_reading import ATTACKS, REPLY, with_lines
from tests.integrations.test_ics import REQUEST

EXISTING = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//y//EN
BEGIN:VEVENT
UID:5b0c0c0e@hop.example
SEQUENCE:1
DTSTAMP:20260901T010203Z
DTSTART;TZID=Asia/Ho_Chi_Minh:20260907T080000
DTEND;TZID=Asia/Ho_Chi_Minh:20260907T093000
RRULE:FREQ=WEEKLY;COUNT=5
SUMMARY:Họp
DESCRIPTION:Họp
ORGANIZER:mailto:hop@hop.example
ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:b@huyen.example
END:VEVENT
END:VCALENDAR
"""
BE = "mailto:b@huyen.example"
FEBRUARY = "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30"


def call(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def answered(existing: Path, incoming: Path, text: str, *words: object) -> dict[str, str]:
    incoming.write_text(text, encoding="utf-8")
    result = call("itip", "apply", existing, incoming, "--json", *words)
    assert result.exit_code == 0, result.output
    found: dict[str, str] = json.loads(result.stdout)
    return found


@pytest.fixture
def existing(tmp_path: Path) -> Path:
    path = tmp_path / "existing.ics"
    path.write_text(EXISTING, encoding="utf-8")
    return path


def test_an_answer_and_the_same_and_an_older_one_again(existing: Path, tmp_path: Path) -> None:
    incoming, after = tmp_path / "in.ics", tmp_path / "after.ics"
    first = answered(existing, incoming, REPLY, "--sender", BE, "--out", after)
    assert (first["outcome"], first["attendee"], first["partstat"]) == ("applied", BE, "ACCEPTED")
    assert "PARTSTAT=ACCEPTED" in after.read_text(encoding="utf-8").replace("\n ", "")
    assert answered(after, incoming, REPLY, "--sender", BE)["outcome"] == "duplicate"
    earlier = REPLY.replace("010203Z", "010200Z").replace("ACCEPTED", "DECLINED")
    assert answered(after, incoming, earlier, "--sender", BE)["outcome"] == "older"
    assert answered(existing, incoming, REPLY, "--sender", "x@x.example")["outcome"] == "unverified"
    assert (
        answered(existing, incoming, REPLY.replace("SEQUENCE:1", "SEQUENCE:0"), "--sender", BE)["outcome"]
        == "old_version"
    )


def test_outlooks_own_time_is_remembered_in_the_file(existing: Path, tmp_path: Path) -> None:
    incoming, after = tmp_path / "in.ics", tmp_path / "after.ics"
    first = with_lines("X-MICROSOFT-CDO-REPLYTIME:20260902T010200Z")
    answered(existing, incoming, first, "--sender", BE, "--out", after)
    later = first.replace("0200Z", "0300Z").replace("ACCEPTED", "DECLINED")
    assert answered(after, incoming, later, "--sender", BE)["outcome"] == "applied"
    assert answered(after, incoming, first.replace("0200Z", "0100Z"), "--sender", BE)["outcome"] == "older"


def test_one_date_is_answered_and_shown_as_a_date_of_its_own(existing: Path, tmp_path: Path) -> None:
    incoming = tmp_path / "in.ics"
    one = with_lines("RECURRENCE-ID:20260914T010000Z")
    assert (
        answered(existing, incoming, one, "--sender", BE, "--now", "2026-09-03")["recurrence_id"] == "20260914T010000Z"
    )
    shown = call("itip", "apply", existing, incoming, "--sender", BE)
    assert shown.exit_code == 0 and "outcome: applied" in shown.output
    assert "RECURRENCE-ID;TZID=Asia/Ho_Chi_Minh:20260914T080000" in shown.output


@pytest.mark.parametrize(
    ("existing_text", "incoming_text", "said"),
    [(EXISTING, REPLY[:200], "truncated"), (EXISTING[:200], REPLY, "truncated"), (EXISTING, "", "not_a_calendar")],
)
def test_what_cannot_be_read_is_said(
    existing: Path, tmp_path: Path, existing_text: str, incoming_text: str, said: str
) -> None:
    existing.write_text(existing_text, encoding="utf-8")
    incoming = tmp_path / "in.ics"
    incoming.write_text(incoming_text, encoding="utf-8")
    result = call("itip", "apply", existing, incoming, "--sender", BE)
    assert result.exit_code == 1 and said in result.stderr


def test_a_file_that_is_not_there_is_a_wrong_call(existing: Path, tmp_path: Path) -> None:
    result = call("itip", "apply", existing, tmp_path / "none.ics", "--sender", BE)
    assert result.exit_code == 2 and "No such file" in result.stderr


def test_a_rule_is_expanded_in_its_zone() -> None:
    result = call(
        "calendar",
        "expand",
        "FREQ=WEEKLY;UNTIL=20261102T070000Z",
        "--start",
        "2026-10-19T08:00",
        "--tz",
        "Europe/Berlin",
        "--json",
    )
    assert json.loads(result.stdout) == [
        "2026-10-19T08:00:00+02:00", "2026-10-26T08:00:00+01:00", "2026-11-02T08:00:00+01:00",
    ]  # fmt: skip
    gap = call("calendar", "expand", "FREQ=DAILY;COUNT=2", "--start", "2026-03-28T02:30", "--tz", "Europe/Berlin")
    assert gap.stdout.split() == ["2026-03-28T02:30:00+01:00", "2026-03-29T03:30:00+02:00"]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (FEBRUARY, "rule_part"),
        ("FREQ=SECONDLY;COUNT=2", "rule_part"),
        ("FREQ=DAILY;INTERVAL=0;UNTIL=20270101T000000Z", "rule_part"),
        ("FREQ=DAILY", "rule_end"),
        ("FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1;UNTIL=20270101T000000Z", "rule_start"),
        ("FREQ=DAILY;COUNT=3;BYDAY=TU", "rule_start"),
        ("FREQ=MONTHLY;INTERVAL=99;COUNT=10", "rule_length"),
        ("X" * 100_000, "too_long"),
        ("nonsense", "rule_form"),
    ],
)
def test_a_rule_is_refused_at_once(rule: str, code: str) -> None:
    began = time.thread_time()  # of this thread: what else the run has going is not asked about
    result = call("calendar", "expand", rule, "--start", "2026-09-07T08:00", "--tz", "Asia/Ho_Chi_Minh", "--json")
    assert time.thread_time() - began < 0.1
    assert result.exit_code == 3 and json.loads(result.stdout)["refused"] == code
    assert call("calendar", "expand", rule, "--start", "2026-09-07T08:00").exit_code == 3


def test_wrong_calls_are_said() -> None:
    assert (
        call("calendar", "expand", "FREQ=DAILY;COUNT=1", "--start", "2026-09-07T08:00", "--tz", "../etc").exit_code == 2
    )
    assert call("calendar", "expand", "FREQ=DAILY;COUNT=1", "--start", "tomorrow").exit_code == 2


def test_a_file_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "one.ics"
    path.write_bytes(render(REQUEST))
    good = call("calendar", "check", path, "--json")
    assert good.exit_code == 0 and json.loads(good.stdout) == {
        "findings": [], "count": 0, "libical": find_library() is not None,
    }  # fmt: skip
    path.write_bytes(render(REQUEST).replace(b"METHOD:REQUEST", b"METHOD:REPLY").replace(b"\r\n", b"\n"))
    bad = call("calendar", "check", path)
    assert bad.exit_code == 1 and "CRLF" in bad.output and "VALARM in a REPLY" in bad.output
    assert ("libical: Failed iTIP restrictions" in bad.output) == (find_library() is not None)


def test_a_feed_is_checked_as_one(tmp_path: Path) -> None:
    starts = REQUEST.starts
    entries = [Entry(f"u{n}@hop.example", 0, starts, starts, REQUEST.ends, "Họp", "x") for n in range(500)]
    path = tmp_path / "feed.ics"
    path.write_bytes(feed(entries, name="Lịch họp", uid="unit-2@hop.example", source="https://hop.example/feeds"))
    good = call("calendar", "check", path)
    assert good.exit_code == 0, good.output
    path.write_bytes(path.read_bytes().replace(b"X-WR-CALNAME:", b"METHOD:PUBLISH\r\nX-WR-CALNAME:"))
    assert "METHOD in a feed" in call("calendar", "check", path).output


def test_it_says_so_where_libical_is_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.calendar.libical._FOLDERS", ())
    find_library.cache_clear()
    path = tmp_path / "one.ics"
    path.write_bytes(render(REQUEST))
    result = call("calendar", "check", path)
    find_library.cache_clear()
    assert result.exit_code == 0 and "apt-get install libical3" in result.output


MEASURED = """
import sys
from pathlib import Path
from confsvc.cli import main
try:
    main(sys.argv[2:])
finally:
    Path(sys.argv[1]).write_text(Path("/proc/self/status").read_text())
"""


def measured(folder: Path, *words: object) -> tuple[int, float, int]:
    """Exit code, processor time and most memory in bytes of a run as a process (which says its memory itself: what the
    system counts begins with that of the process that forked)."""
    command = [sys.executable, "-c", MEASURED, str(folder / "status"), *map(str, words)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    peak = (folder / "status").read_text(encoding="utf-8").partition("VmHWM:")[2].split()[0]
    return process.returncode, used.ru_utime + used.ru_stime, int(peak) * 1024


HOSTILE = {
    **{name: ATTACKS[name][0] for name in ("bomb", "10,000 attendees", "attendees as far as it goes", "1 MB line")},
    "nested": "BEGIN:VCALENDAR\r\n" + "BEGIN:VEVENT\r\n" * 20_000,
    "rule": with_lines(f"DTSTART:20260907T010000Z\nDTEND:20260907T020000Z\nRRULE:{FEBRUARY}"),
    "no date": with_lines("DTSTART:20260907T010000Z\nRRULE:FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1;COUNT=2"),
    "events": "BEGIN:VCALENDAR\r\n" + "BEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT\r\n" * 30_000 + "END:VCALENDAR\r\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_decided_in_two_seconds_and_200_megabytes(name: str, existing: Path, tmp_path: Path) -> None:
    path = tmp_path / "hostile.ics"
    path.write_text(HOSTILE[name], encoding="utf-8")
    for words in (("itip", "apply", existing, path, "--sender", BE), ("calendar", "check", path)):
        code, seconds, memory = measured(tmp_path, *words)
        assert code in (0, 1)
        assert seconds < 2 and memory < 200_000_000
