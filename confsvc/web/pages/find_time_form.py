"""What is looked for on the page "find a time": its fields, kept in the address.  (pure)"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from confsvc.web.pages.choices import Places
from confsvc.web.pages.fresh import first_day
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.typed import Fields, list_field, parse_day, parse_guests, parse_time, text_field
from confsvc.web.pages.ways import CARRIED, address
from confsvc.web.pages.wish import MORNING, Typed
from rooms.fields import is_mail
from rooms.place_queries import RoomOn
from scheduler.booking.booking import Rules
from scheduler.local_time import LOCAL, local_day

LENGTHS = (30, 60, 90, 120, 150, 180, 240, 300, 360, 480)
USUAL_LENGTH, USUAL_DAYS = 120, 5
DAYS = (1, 2, 3, 5, 10, 15, 20)
MOST_PEOPLE = 50
ALONG = tuple(name for name in CARRIED if name != "guests")
"""Fields of a booking that go along; the people are its guests."""
PATH = "/find-time"


@dataclass(frozen=True)
class Search:
    """``sites`` and ``optional`` are rooms by key, ``people`` guests as typed, ``along`` and ``parts`` what belongs to
    the booking that is looked for; ``errors``: field to message id."""

    sites: tuple[str, ...]
    optional: tuple[str, ...]
    people: str
    minutes: int
    day: str
    first: date
    last: date
    days: int
    clock: time
    any_hour: bool
    show: date | None
    find: str
    along: Mapping[str, str]
    parts: Mapping[str, tuple[str, ...]]
    errors: Mapping[str, str]

    @property
    def mails(self) -> tuple[str, ...]:
        """Who must be free: the people and the chair."""
        found = [guest.mail.strip().lower() for guest in parse_guests(self.people).guests]
        chair = self.along.get("chair_mail", "").strip().lower()
        return tuple(dict.fromkeys(mail for mail in (chair, *found) if is_mail(mail)))[:MOST_PEOPLE]

    def name_of(self, mail: str) -> str:
        names = {guest.mail.strip().lower(): guest.name for guest in parse_guests(self.people).guests}
        return names.get(mail) or self.along.get("chair_name") or mail

    def rooms(self, places: Places) -> tuple[list[RoomOn], list[RoomOn]]:
        """Rooms that must be free and rooms that should, in protocol order; unknown ones are left out."""
        wanted = {self.along.get("main", ""), *self.sites}
        may_miss = set(self.optional) - {self.along.get("main", "")}
        chosen = [room for room in places.rooms if room.key in wanted]
        return [r for r in chosen if r.key not in may_miss], [r for r in chosen if r.key in may_miss]

    def shown(self, days: Sequence[date], best: datetime | None) -> date:
        """The day whose picture is shown: the one asked for, else the one of the best time, else the first."""
        if self.show is not None and self.show in days:
            return self.show
        return local_day(best) if best else (days[0] if days else self.first)

    def error_texts(self, words: Phrases) -> dict[str, str]:
        return {field: words.say(message) for field, message in self.errors.items()}

    def address(self, *, show: date | None = None) -> str:
        """This search, with another day shown."""
        pairs = [*self._booking(()), ("minutes", str(self.minutes)), ("days", str(self.days))]
        pairs += [("day", f"{self.first:%Y-%m-%d}"), ("at", f"{self.clock:%H:%M}"), ("people", self.people)]
        pairs += [("optional", key) for key in self.optional]
        pairs += [("any_hour", "1")] if self.any_hour else []
        pairs += [("show", f"{show:%Y-%m-%d}")] if show else []
        return address(PATH, [pair for pair in pairs if pair[1]])

    def booking_address(self, starts: datetime, *, without: Collection[str]) -> str:
        """A booking of these sites and people at that time; ``without``: optional ones that are not free then."""
        local = starts.astimezone(LOCAL)
        ends = local + timedelta(minutes=self.minutes)
        times = [("day", f"{local:%Y-%m-%d}"), ("start", f"{local:%H:%M}"), ("end", f"{ends:%H:%M}")]
        guests = [("guests", self.people)] if self.people else []
        return address("/book", [*self._booking(without), *guests, *times])

    def _booking(self, without: Collection[str]) -> list[tuple[str, str]]:
        sites = [("sites", key) for key in self.sites if key not in without]
        parts = [(name, value) for name, values in self.parts.items() for value in values]
        return [*self.along.items(), *sites, *parts]

    def coming_from(self, typed: Typed) -> Search:
        """The search that a half-filled booking asks for: as long as it, from its day on, at its clock."""
        length = (typed.ends - typed.starts) if typed.starts and typed.ends else timedelta(0)
        minutes = int(length / timedelta(minutes=1))
        return replace(
            self, people=typed.guests, clock=parse_time(typed.start) or self.clock,
            minutes=minutes if 0 < minutes <= LENGTHS[-1] else USUAL_LENGTH,
        )  # fmt: skip


def read_search(fields: Fields, *, now: datetime, rules: Rules) -> Search:
    """The fields of the address, or of a booking form; what cannot be read has an error or its usual value."""
    errors: dict[str, str] = {}
    typed_day = text_field(fields, "day") or text_field(fields, "date")
    first = _first(typed_day, now, rules, errors)
    days = _number(text_field(fields, "days"), DAYS[-1], USUAL_DAYS)
    last = first
    for _ in range(days - 1):
        last = rules.calendar.next_working_day(last)
    along = {name: text_field(fields, name)[:200] for name in ALONG}
    show = parse_day(text_field(fields, "show"))
    return Search(
        sites=tuple(list_field(fields, "sites")), optional=tuple(list_field(fields, "optional")),
        people=text_field(fields, "people")[:4000],
        minutes=_number(text_field(fields, "minutes"), LENGTHS[-1], USUAL_LENGTH),
        day=f"{first:%d/%m/%Y}" if "day" not in errors else typed_day, first=first, last=last, days=days,
        clock=parse_time(text_field(fields, "at")) or MORNING, any_hour=bool(text_field(fields, "any_hour")),
        show=show, find=text_field(fields, "find")[:100], along={name: text for name, text in along.items() if text},
        parts={name: tuple(list_field(fields, name)) for name in ("units", "seats")}, errors=errors,
    )  # fmt: skip


def _first(typed: str, now: datetime, rules: Rules, errors: dict[str, str]) -> date:
    """The first day: the typed one, not before today; without one the first that leaves the usual notice."""
    today = local_day(now)
    notice = rules.book.whole("notice_days", kind=None, unit_id=None, day=today)
    usual = first_day(now, notice, rules.calendar)
    if not typed:
        return usual
    day = parse_day(typed)
    if day is None:
        errors["day"] = "Write the day as day/month/year, for example 05/01/2027."
        return usual
    if day > today + timedelta(days=rules.horizon_days):
        errors["day"] = "This day is too far ahead."
        return usual
    return max(day, today)


def _number(typed: str, most: int, usual: int) -> int:
    known = typed.isascii() and typed.isdecimal() and len(typed) < 5
    return min(max(int(typed), 1), most) if known else usual
