"""The table of kinds and what follows from a row."""

from __future__ import annotations

import pytest

from scheduler.kinds import KINDS, REASONS, WHY_NOT, find_kind, find_reason, needs_reason


def test_codes_are_unique_and_found() -> None:
    for table, find in ((KINDS, find_kind), (REASONS, find_reason)):
        assert len({each.code for each in table}) == len(table)
        assert [find(each.code) for each in table] == list(table)
    assert find_kind("party") is None
    assert find_reason("") is None


def test_every_kind_is_in_one_class() -> None:
    assert [k.code for k in KINDS if k.kind_class == "training"] == ["training"]
    assert [k.code for k in KINDS if k.kind_class == "other"] == [
        "relay", "council_session", "district_hosted", "line_test",
    ]  # fmt: skip


def test_what_does_not_count_says_why() -> None:
    assert {k.code for k in KINDS if not k.counts} == {"relay", "council_session", "district_hosted", "line_test"}
    assert {k.why_not for k in KINDS} - {None} < set(WHY_NOT)


def test_what_the_law_wants_online_is_proposed_online() -> None:
    assert all(k.default_form == "online" for k in KINDS if k.widened)


@pytest.mark.parametrize(
    ("code", "form", "expected"),
    [("briefing", "in_person", True), ("advisory", "in_person", True), ("briefing", "hybrid", False),
     ("briefing", "online", False), ("relay", "in_person", False)],
)  # fmt: skip
def test_who_must_say_why_in_person(code: str, form: str, expected: bool) -> None:
    kind = find_kind(code)
    assert kind is not None
    assert needs_reason(kind, form) is expected
