"""The word for a control link, at its edges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rooms.health import Link, link

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("silence", "expected"),
    [
        (0, Link.ONLINE),
        (59.999, Link.ONLINE),
        (60, Link.LATE),
        (89.999, Link.LATE),
        (90, Link.LOST),
        (10**7, Link.LOST),
        (-30, Link.ONLINE),
    ],
)
def test_silence_decides(silence: float, expected: Link) -> None:
    assert link(paired=True, last_seen=NOW - timedelta(seconds=silence), now=NOW) is expected


def test_a_paired_device_that_was_never_heard_is_not_lost() -> None:
    assert link(paired=True, last_seen=None, now=NOW) is Link.NEVER


def test_a_revoked_device_is_unpaired_however_lately_it_spoke() -> None:
    assert link(paired=False, last_seen=NOW, now=NOW) is Link.UNPAIRED
