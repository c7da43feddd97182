"""Series as programs write and read them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from confsvc.i18n import text
from confsvc.series_words import rule_words
from confsvc.web.api.fields import Instant, Line500, Model, RoomKey, Shown
from confsvc.web.api.shown import BookedOut, WarningOut, warnings_out
from confsvc.web.api.wishes import BookingIn, ChangeIn, Version
from confsvc.web.errors import field_text, full_text, taken_text
from rooms.errors import FieldError
from scheduler.booking.booking import MOST_ROOMS
from scheduler.booking.place.expected import ShowRate
from scheduler.booking.series.book import BookedSeries
from scheduler.booking.series.reading import SeriesView
from scheduler.booking.series.recurrence import LONGEST_TEXT, MOST_DATES
from scheduler.booking.series.wish import Choices, DateFinding, SeriesFindings

RuleText = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
Key = Annotated[str, Field(pattern=r"^[2-9a-hjkmnp-z]{10}$")]
Scope = Literal["following", "all"]


class ChoiceIn(Model):
    """What happens on one date, by where the rule puts it: another start, or null to leave it out."""

    original: Instant
    starts: Instant | None


class SessionIn(Model):
    """``sites``: where they are not those of the others, as in the ``sittings`` of a refusal; the first is the main
    one."""

    starts: Instant
    ends: Instant
    sites: list[RoomKey] = Field(default=[], max_length=MOST_ROOMS)


class SeriesIn(BookingIn):
    """``rule``: FREQ=DAILY|WEEKLY|MONTHLY with INTERVAL, COUNT or UNTIL, BYDAY, BYMONTHDAY, BYSETPOS, WKST of RFC 5545;
    the first date is ``starts``. Or ``sessions``: a list, among them the first. What counts once is a list."""

    counts: Literal["each", "once"] = "each"
    rule: RuleText | None = None
    sessions: list[SessionIn] = Field(default=[], max_length=MOST_DATES)
    choices: list[ChoiceIn] = Field(default=[], max_length=MOST_DATES)


class SeriesChangeIn(ChangeIn):
    """What changes of the date ``since`` (a conference's key) and the following, or of all that are to come. Times are
    those of the first date that changes; ``rule``: another pattern from there on."""

    scope: Scope
    since: Key | None = None
    rule: RuleText | None = None
    choices: list[ChoiceIn] = Field(default=[], max_length=MOST_DATES)


class SeriesCancelIn(Model):
    scope: Scope
    since: Key | None = None
    version: Version | None = None
    reason: Line500 = Field(min_length=1)


class PutBackDateIn(Model):
    """A date that was left out; ``starts``: at another time than the rule has it."""

    original: Instant
    starts: Instant | None = None
    version: Version | None = None
    short_notice_reason: Line500 | None = None
    clash_confirmed: bool = Field(default=False, strict=True)


class ExpectedIn(Model):
    """``accept``: later dates take places of the video host by ``show_rate``; false: for everybody."""

    accept: bool = Field(strict=True)
    version: Version | None = None


class AddDateIn(Model):
    starts: Instant
    ends: Instant
    version: Version | None = None
    short_notice_reason: Line500 | None = None
    clash_confirmed: bool = Field(default=False, strict=True)


class SeriesBookedOut(Shown):
    """``dates``: the conferences that were booked or changed."""

    key: str
    version: int
    url: str
    dates: list[BookedOut]


class DateErrorOut(Shown):
    field: str
    code: str
    detail: str


class FreeOut(Shown):
    starts: datetime
    ends: datetime


class DateCheckOut(Shown):
    """``blocked``: which room, line or video host stands in the way and who has it; ``times``: other times that day."""

    original: datetime
    starts: datetime
    ends: datetime
    fits: bool
    left_out: bool
    errors: list[DateErrorOut]
    blocked: list[str]
    warnings: list[WarningOut]
    times: list[FreeOut]


class SeriesCheckOut(Shown):
    """``ok``: it could be booked with these choices; ``errors``: what is wrong with every date alike."""

    ok: bool
    fitting: int
    errors: list[DateErrorOut]
    dates: list[DateCheckOut]


class SeriesDateOut(Shown):
    """``conference``: null for a date that was left out; ``original``: null for an extra one."""

    original: datetime | None
    starts: datetime
    ends: datetime
    conference: str | None
    state: str | None
    moved: bool
    altered: bool


class ShowRateOut(Shown):
    """Of the recorded dates in sum: entry points planned, those that came, and the most that came to one."""

    dates: int
    planned: int
    came: int
    most: int


class SeriesOut(Shown):
    """``show_rate``: null while fewer than three dates are recorded; ``expected``: what places of later dates are
    reserved by, null for everybody."""

    key: str
    version: int
    title: str
    counts: str
    rule: str | None
    words: str
    split_from: str | None
    split_off: list[str]
    show_rate: ShowRateOut | None
    expected: ShowRateOut | None
    dates: list[SeriesDateOut]


def choices_of(given: list[ChoiceIn]) -> Choices:
    return {one.original: one.starts for one in given}


def check_out(found: SeriesFindings, language: str) -> SeriesCheckOut:
    return SeriesCheckOut(
        ok=found.ok, fitting=found.fitting, errors=[_error(error, language) for error in found.errors],
        dates=[date_out(date, language) for date in found.dates],
    )  # fmt: skip


def date_out(date: DateFinding, language: str) -> DateCheckOut:
    blocked = [taken_text(taken.as_data(), language) for taken in date.taken]
    return DateCheckOut(
        original=date.original, starts=date.starts, ends=date.ends, fits=date.fits, left_out=date.left_out,
        errors=[_error(error, language) for error in date.errors],
        blocked=[*blocked, *(full_text(full, language) for full in date.full)],
        warnings=warnings_out(date.warnings, language),
        times=[FreeOut(starts=free.starts, ends=free.ends) for free in date.times],
    )  # fmt: skip


def _error(error: FieldError, language: str) -> DateErrorOut:
    return DateErrorOut(field=error.field, code=error.code, detail=field_text(error, language))


def booked_out(booked: BookedSeries) -> SeriesBookedOut:
    dates = [BookedOut(key=d.key, version=d.version, url=f"/conferences/{d.key}") for d in booked.dates]
    return SeriesBookedOut(key=booked.key, version=booked.version, url=f"/series/{booked.key}", dates=dates)


def series_out(view: SeriesView, language: str) -> SeriesOut:
    series = view.series
    same: dict[str, Any] = {name: getattr(series, name) for name in ("key", "version", "title", "counts", "rule")}
    words = rule_words(view.rule, language) if view.rule else text("A list of sessions", language)
    return SeriesOut(
        **same, words=words, split_from=view.split_from.key if view.split_from else None,
        split_off=[one.key for one in view.split_off], show_rate=_rate(view.rate), expected=_rate(view.accepted),
        dates=[
            SeriesDateOut(
                original=one.original, starts=one.starts, ends=one.ends, moved=one.moved, altered=one.altered,
                conference=one.conference.key if one.conference else None,
                state=one.conference.state if one.conference else None,
            )
            for one in view.dates
        ],
    )  # fmt: skip


def _rate(rate: ShowRate | None) -> ShowRateOut | None:
    return ShowRateOut(**rate.as_data()) if rate is not None else None
