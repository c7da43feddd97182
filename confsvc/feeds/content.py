"""What a feed says: conferences as entries, a series as one entry with the dates that differ.

Read from the rows as they are, never from what was written before, so that a feed after any acts is the feed that
would be made from nothing.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy.orm import Session

from confsvc.feeds import queries
from confsvc.feeds.queries import OFF, Known, Told
from confsvc.feeds.scope import Scope, Window
from confsvc.translate import join_url
from confsvc.wording import description
from integrations.calendar.feed import Entry, Status
from scheduler.booking.series.letters import first_start, rule_dates
from scheduler.local_time import local_day
from scheduler.models import Series

WRITTEN_AS = 1
"""Raised when the same rows are to be written differently, so that bodies of an older version are not kept."""
LANGUAGE = "vi"


@dataclass(frozen=True)
class Look:
    """A feed as it stands, before it is written. ``stamp`` differs whenever the bytes may."""

    known: Sequence[Known]
    stamp: str


def look(db: Session, scope: Scope, span: Window, *, public_url: str) -> Look:
    """The cheap part: which conferences, and in which state of theirs."""
    known = [one for one in queries.list_known(db, scope, span) if _kept(one, span)]
    basis = (WRITTEN_AS, scope, span, public_url, queries.places_stamp(db), known)
    return Look(known, hashlib.blake2b(repr(basis).encode(), digest_size=16).hexdigest())


def _kept(one: Known, span: Window) -> bool:
    return one.state not in OFF or (one.changed is not None and one.changed >= span.cancelled_since)


def list_entries(db: Session, scope: Scope, known: Sequence[Known], *, public_url: str) -> list[Entry]:
    """The entries by start; the costly part. ``scope.kind`` "public": without what concerns the offices alone."""
    writer = Writer(db, known, public_url, public=scope.kind == "public")
    found: list[Entry] = []
    shared: dict[str, list[Known]] = {}
    for one in known:
        if one.recurrence_id is None:
            found.append(writer.entry(one))
        else:
            shared.setdefault(one.uid, []).append(one)
    series = queries.list_rules(db, {one.series_id for dates in shared.values() for one in dates if one.series_id})
    for dates in shared.values():
        found += writer.series(series[cast(int, dates[0].series_id)], dates)
    return sorted(found, key=lambda entry: (entry.starts, entry.uid, entry.recurrence_id or entry.starts))


class Writer:
    """Rows to entries, with the names of the day."""

    def __init__(self, db: Session, known: Sequence[Known], public_url: str, *, public: bool) -> None:
        ids = [one.id for one in known]
        self.told = queries.list_told(db, ids)
        self.places = queries.list_places(db, ids)
        self.names = _Dated((row[0], row[1], (row[2], row[3])) for row in queries.list_unit_names(db))
        self.holders = _Dated((row[0], row[2], row[1]) for row in queries.list_holders(db))
        self.sequences = queries.list_sequences(db, {one.uid for one in known})
        self.public_url, self.public = public_url, public

    def entry(self, one: Known) -> Entry:
        told = self.told[one.id]
        return self._entry(one, told, self.content_of(told), told.key)

    def _entry(self, one: Known, told: Told, content: Mapping[str, Any], key: str) -> Entry:
        status: Status = "CANCELLED" if one.state in OFF else "TENTATIVE" if one.state == "pending" else "CONFIRMED"
        url = "" if self.public or told.form == "in_person" else join_url(self.public_url, key)
        places = content["sites"]
        hall = f"{places[0]['room']} ({places[0]['unit']})" if places else ""
        return Entry(
            uid=_public_uid(one.uid) if self.public else one.uid,
            sequence=self._sequence(one),
            stamp=(one.changed or told.starts).replace(microsecond=0),
            starts=told.starts, ends=told.ends, summary=told.title,
            description=description(content, LANGUAGE, url or None),
            location=url or hall, url=url, status=status, recurrence_id=one.recurrence_id,
        )  # fmt: skip

    def _sequence(self, one: Known, *, whole: bool = False) -> int:
        all_of_it = self.sequences.get((one.uid, None), 0)
        if whole or one.recurrence_id is None:
            return all_of_it
        return max(all_of_it, self.sequences.get((one.uid, one.recurrence_id.isoformat()), 0))

    def content(self, one: Known) -> dict[str, Any]:
        """What is said of one conference, in the shape of an edition's content."""
        return self.content_of(self.told[one.id])

    def content_of(self, told: Told) -> dict[str, Any]:
        """In the shape of an edition's content, for the same words as in the letters."""
        day = local_day(told.starts)
        host = self.names.on(told.host_unit_id, day)
        sites = [{"room": name, "unit": self._holder(room_id, day)} for room_id, name in self.places.get(told.id, ())]
        return {
            "form": told.form, "starts": told.starts.isoformat(), "ends": told.ends.isoformat(),
            "host": host[0] if host else "", "chair": {"name": told.chair_name, "title": told.chair_title},
            "sites": sites, "letter_number": "" if self.public else told.letter_number,
            "contact": {"name": "", "phone": ""} if self.public
            else {"name": told.contact_name, "phone": told.contact_phone},
            "note": "" if self.public else told.note,
        }  # fmt: skip

    def _holder(self, room_id: int, day: date) -> str:
        unit_id = self.holders.on(room_id, day)
        name = self.names.on(unit_id, day) if unit_id is not None else None
        return str(name[1]) if name else ""

    def series(self, series: Series, dates: Sequence[Known]) -> list[Entry]:
        """One entry by rule with what most dates say, an entry for each date that says something else, and the dates
        that are not (for those who read this feed) left out. A date that is off is left out, never shown as cancelled:
        some calendars take that for the whole series. A series that is off as a whole is shown so."""
        live = [one for one in dates if one.state not in OFF] or list(dates)
        contents = {one.id: self.content_of(self.told[one.id]) for one in live}
        usual = self._usual(series, live, contents)
        if not usual:
            return [self.entry(one) for one in live]
        apart = [one for one in live if one.id not in usual]
        model = next(one for one in live if one.id in usual)
        begins = first_start(series)
        length = self.told[model.id].ends - self.told[model.id].starts
        there = {one.recurrence_id for one in live}
        content = contents[model.id] | {
            "rule": series.rule, "starts": begins.isoformat(), "ends": (begins + length).isoformat(),
            "exdates": [at.isoformat() for at in rule_dates(series) if at not in there],
        }  # fmt: skip
        master = self._entry(model, self.told[model.id], content, series.key)
        master = replace(
            master, starts=begins, ends=begins + length, rule=series.rule, recurrence_id=None,
            sequence=self._sequence(model, whole=True),
            exdates=tuple(at for at in rule_dates(series) if at not in there),
            stamp=max((one.changed or one.starts).replace(microsecond=0) for one in dates),
        )  # fmt: skip
        return [master, *(self.entry(one) for one in apart)]

    def _usual(self, series: Series, live: Sequence[Known], contents: Mapping[int, Mapping[str, Any]]) -> set[int]:
        """Those that are as the rule says and say what most of these say; of two equally many the earlier."""
        said: dict[int, str] = {}
        originals = set(rule_dates(series))
        for one in live:
            told = self.told[one.id]
            if one.recurrence_id == told.starts and one.recurrence_id in originals and one.state != "pending":
                content = {name: value for name, value in contents[one.id].items() if name not in ("starts", "ends")}
                said[one.id] = repr((told.title, told.ends - told.starts, content))
        most = Counter(said.values()).most_common(1)
        return {one_id for one_id, words in said.items() if words == most[0][0]} if most else set()


class _Dated:
    """What was true of whom from which day on."""

    def __init__(self, rows: Iterable[tuple[int, date, Any]]) -> None:
        self._days: dict[int, list[date]] = {}
        self._values: dict[int, list[Any]] = {}
        for subject, day, value in rows:
            self._days.setdefault(subject, []).append(day)
            self._values.setdefault(subject, []).append(value)

    def on(self, subject: int, day: date) -> Any:
        """The value of a day; before the first one that one. None for somebody unknown."""
        days = self._days.get(subject)
        return self._values[subject][max(bisect_right(days, day) - 1, 0)] if days else None


def _public_uid(uid: str) -> str:
    """For calendars that everybody may read: who knows an entry's real UID can forge an answer to its invitation."""
    _, _, domain = uid.partition("@")
    return f"{hashlib.blake2b(uid.encode(), digest_size=16).hexdigest()}@{domain}"


def busy(db: Session, room_id: int, span: Window) -> tuple[list[tuple[datetime, datetime]], datetime]:
    """When the room is held, and when that last changed as far as what is held tells."""
    rows = queries.list_busy(db, room_id, span)
    return [(row.starts, row.ends) for row in rows], max((row.at for row in rows if row.at), default=span.since)
