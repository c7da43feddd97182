"""Answers that come twice, late and in any order end in one state; those to a series and to its dates too."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from confsvc.database import Database
from scheduler.answering.current import counting
from scheduler.booking.series.queries import list_members
from scheduler.models import Answer, Proposal, Series, Stranger, Unverified
from tests.confsvc.replies import CLIENTS, Invitation, outlook
from tests.confsvc.test_answering import GUESTS, HOUR, A, B, Post
from tests.scheduler.booking.offices import NOW, START
from tests.scheduler.booking.series.test_series import booked, weekly

MINUTE = timedelta(minutes=1)
WEEK = timedelta(days=7)
SAID = ("ACCEPTED", "DECLINED", "TENTATIVE")


class Weekly(Post):
    """A briefing every week, four times."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        database.write_now(booked, weekly(guests=GUESTS))
        self.series = self.rows(Series)[0]

    def date(self, number: int) -> Invitation:
        """What a calendar answers from that wants one date alone: the series' entry with the date's name."""
        it = self.invitation(A)
        at = START + number * WEEK + timedelta(hours=7)
        named = f"RECURRENCE-ID;TZID=Asia/Ho_Chi_Minh:{at:%Y%m%dT%H%M%S}"
        it.lines.append(named)
        return it

    def counts(self, number: int) -> str:
        part = self.database.read_now(lambda db: [one.recurrence_id for one in list_members(db, self.series.id)])[
            number
        ]
        found = counting(self.rows(Answer), part)
        return found[A].partstat if A in found else "NONE"


def test_one_date_is_answered_apart_from_the_others(database: Database) -> None:
    post = Weekly(database)
    whole, third = post.invitation(A), post.date(2)
    assert post.take(CLIENTS["zimbra"](whole, A, "ACCEPTED", NOW + HOUR)) == "applied", "with an RRULE in it"
    assert post.take(CLIENTS["google"](third, A, "DECLINED", NOW + 2 * HOUR)) == "applied"
    assert [post.counts(n) for n in range(4)] == ["ACCEPTED", "ACCEPTED", "DECLINED", "ACCEPTED"]
    assert post.take(CLIENTS["outlook"](third, A, "TENTATIVE", NOW + 3 * HOUR)) == "applied", "a Windows zone"
    assert post.take(outlook(whole, A, "TENTATIVE", NOW + 2 * HOUR)) == "applied"
    assert [post.counts(n) for n in range(4)] == ["TENTATIVE"] * 4
    assert len(post.rows(Answer)) == 2, "the newer answer to one date stays"
    assert post.take(outlook(whole, A, "ACCEPTED", NOW + 4 * HOUR)) == "applied"
    assert [post.counts(n) for n in range(4)] == ["ACCEPTED"] * 4 and len(post.rows(Answer)) == 1
    nowhere = post.date(2)
    nowhere.lines[-1] = "RECURRENCE-ID;TZID=Asia/Ho_Chi_Minh:20270101T080000"
    assert post.take(outlook(nowhere, A, "DECLINED", NOW + 5 * HOUR)) == "unknown_instance"
    assert [one.mail for one in post.rows(Answer)] == [A] and B not in counting(post.rows(Answer), None)


replies = st.lists(
    st.tuples(
        st.sampled_from(sorted(CLIENTS)), st.sampled_from(SAID), st.integers(1, 40), st.sampled_from((None, 1, 2))
    ),
    min_size=1, max_size=6, unique_by=lambda one: one[2],
)  # fmt: skip


def test_the_order_in_which_answers_come_does_not_matter(database: Database) -> None:
    post = Weekly(database)
    entries = {None: post.invitation(A), 1: post.date(1), 2: post.date(2)}

    def state(mails: list[bytes]) -> list[str]:
        for model in (Answer, Proposal, Stranger, Unverified):
            database.write_now(lambda db, model=model: db.execute(delete(model)))
        codes = {post.take(raw, now=NOW + 2 * HOUR) for raw in mails}
        assert codes <= {"applied", "older", "duplicate"}
        return [post.counts(n) for n in range(4)]

    @settings(max_examples=8, deadline=None)
    @given(sent=replies, again=st.permutations(range(12)))
    def course(sent: list[tuple[str, str, int, int | None]], again: list[int]) -> None:
        mails = [CLIENTS[one](entries[date], A, said, NOW + at * MINUTE) for one, said, at, date in sent]
        ordered = state([mails[sent.index(one)] for one in sorted(sent, key=lambda one: one[2])])
        assert state([mails[n % len(mails)] for n in again]) == ordered, "each at least once, most twice or more"
        last = max((one for one in sent if one[3] is None), key=lambda one: one[2], default=None)
        assert ordered[0] == (last[1] if last else "NONE")

    course()
