"""``confsvc itip plan``: files in, messages out, a reason and code 3 where no calendar could follow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from confsvc.cli import main
from integrations.calendar.lint import lint

OLD = """\
BEGIN:VCALENDAR
BEGIN:VEVENT
UID:foobar
DTSTART:20261005T010000Z
DURATION:PT1H
RRULE:FREQ=WEEKLY;COUNT=3
SUMMARY:Họp giao ban
ORGANIZER:mailto:hop@hop.example
ATTENDEE:mailto:b@huyen.example
ATTENDEE:mailto:c@xa.example
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    (tmp_path / "old.ics").write_text(OLD)
    return tmp_path / "old.ics"


def run(*words: object) -> Result:
    return CliRunner().invoke(main, ["itip", "plan", *map(str, words), "--organizer", "mailto:Hop@hop.example"])


def test_messages_as_json_and_as_files(old: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.ics"
    new.write_text(OLD.replace("SUMMARY", "EXDATE:20261012T010000Z\nSUMMARY"))
    done = run(old, new, "--json", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == [
        {"method": "CANCEL", "recipient": f"mailto:{mail}", "significant": True, "sequence": 1,
         "recurrence_id": "20261012T010000Z"}
        for mail in ("b@huyen.example", "c@xa.example")
    ]  # fmt: skip
    written = sorted((tmp_path / "out").iterdir())
    assert [path.name for path in written] == ["001-cancel-b@huyen.example.ics", "002-cancel-c@xa.example.ics"]
    assert lint(written[0].read_bytes(), method="CANCEL", recipient="b@huyen.example") == []
    again = run(old, new, "--json", "--out", tmp_path / "again")
    assert again.stdout == done.stdout
    assert (tmp_path / "again" / written[0].name).read_bytes() == written[0].read_bytes()


def test_none_is_a_dash_and_only_a_given_time_makes_things_past(old: Path) -> None:
    assert len(json.loads(run("-", old, "--json").stdout)) == 2
    assert len(json.loads(run(old, "-", "--json").stdout)) == 2
    assert json.loads(run(old, "-", "--json", "--now", "2030-01-01T00:00:00Z").stdout) == []
    assert len(json.loads(run(old, "-", "--json", "--now", "2026-10-06T08:00:00+07:00").stdout)) == 2
    assert json.loads(run("-", "-", "--json").stdout) == []
    assert "2 messages" in run("-", old).stdout


def test_what_is_refused_says_why(old: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.ics"
    new.write_text(OLD.replace("mailto:hop@", "mailto:other@"))
    refused = run(old, new)
    assert (refused.exit_code, refused.stdout) == (3, "")
    assert "organizer" in refused.stderr
    new.write_bytes(b"\xff\x00 no calendar")
    assert run("-", new).exit_code == 3
    assert run("-", old, "--now", "soon").exit_code == 2
    assert CliRunner().invoke(main, ["itip", "plan", "-", str(old), "--organizer", "nobody"]).exit_code == 2
