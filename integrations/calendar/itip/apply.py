"""What an incoming iTIP message does to an entry of ours: an answer changes, or nothing.

(pure) The sender of a mail can be forged. So nothing that comes in moves, cancels or opens anything; the worst that a
forged mail can do is one wrong PARTSTAT. Order: answering.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from integrations.calendar.itip import answering
from integrations.calendar.itip.event import Attendee, Event, Moment, bare
from integrations.calendar.itip.occurring import Occurs, cancelled_date, occurs_by_rule
from integrations.calendar.itip.outcome import Code, Outcome
from integrations.calendar.itip.reading import Parsed, Part

PARTSTATS = frozenset({"ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED", "NEEDS-ACTION"})
_BEST: tuple[Code, ...] = ("applied", "delegated", "counter", "refresh")


@dataclass(frozen=True)
class Trust:
    """Who may speak for whom. ``aliases``: an address to the one that is on entries. ``delegates``: pairs (attendee,
    who answers for him by SENT-BY). ``mailboxes``: further addresses that are our organiser. ``authentic``: False where
    our own mail server says that the sender's domain disowns the mail (dmarc=fail)."""

    aliases: Mapping[str, str]
    delegates: Collection[tuple[str, str]]
    mailboxes: Collection[str]
    authentic: bool = True


OPEN = Trust({}, (), ())


def apply_incoming(
    event: Event | None, parsed: Parsed, sender: str, *, now: datetime | None, occurs: Occurs | None = None,
    trust: Trust = OPEN,
) -> Outcome:  # fmt: skip
    """Decide about a message.

    ``event``: the entry with its UID as it stands, with ``answers`` (the newest of each attendee for the series and for
    dates); from rows it needs ``uid``, ``master`` (with ``organizer``, ``attendees``, ``sequence``,
    ``last_major_sequence``, ``starts``, ``ends``) and the overrides; None where nobody knows the UID. ``sender``: the
    one address of the From header, with or without mailto:. ``now``: aware; stamps that lie beyond tomorrow are taken
    for tomorrow, so that a wrong clock does not lock its owner out; None: not looked at. ``occurs``: whether a date is
    one of the series; by default its rule is asked, which costs up to some milliseconds. Raises nothing.
    """
    decided: list[Outcome] = []
    known = event
    for part in parsed.parts:
        outcome = _decide(known, parsed.method, part, bare(sender), now, occurs, trust)
        known = outcome.event or known
        decided.append(outcome)
    if not decided:
        return Outcome("invalid", event, "no_event")
    best = next((one for one in decided if one.code in _BEST), decided[0])
    more = tuple(one for one in decided if one is not best)
    return replace(best, event=known if best.event else None, more=more)


def _decide(
    event: Event | None, method: str, part: Part, sender: str, now: datetime | None, occurs: Occurs | None, trust: Trust
) -> Outcome:
    if event is None or part.uid != event.uid:
        return Outcome("unknown_uid", event if event and part.uid == event.uid else None, part.uid[:200])
    base = Outcome("invalid", event, comment=part.comment)
    if method in ("REQUEST", "CANCEL", "PUBLISH", "ADD", "DECLINECOUNTER"):
        return replace(base, code="rejected", reason=method.lower())
    if method not in ("REPLY", "COUNTER", "REFRESH"):
        return replace(base, reason="method" if method else "no_method")
    if part.organizer and event.organizer and part.organizer.mail not in {event.organizer.mail, *trust.mailboxes}:
        return replace(base, code="foreign_organizer", reason=part.organizer.mail[:200])
    who = _answering(event, method, part, sender, trust)
    if isinstance(who, str):
        return replace(base, reason=who)
    base = replace(base, attendee=_known_as(who.mail, trust), partstat=who.partstat if method != "REFRESH" else None)
    named = _named(event, part.recurrence_id)
    base = replace(base, recurrence_id=named)
    if not _speaks(who, sender, trust):
        return replace(base, code="unverified", reason="sender" if trust.authentic else "dmarc")
    if wrong := _wrong_date(event, named, part.range, occurs or occurs_by_rule):
        return replace(base, code=wrong[0], reason=wrong[1])
    if not _invited(event, base.attendee or "", named):
        return _stranger(base, who, method)
    if method == "REFRESH":
        return replace(base, code="refresh")
    return _counter(base, event, part) if method == "COUNTER" else _reply(base, event, part, who, now)


def _answering(event: Event, method: str, part: Part, sender: str, trust: Trust) -> Attendee | str:
    """Whose message it is, or why that cannot be told. A REPLY names one; a delegation and who was sent name two."""
    people = part.attendees
    own = next((one for one in people if _known_as(one.mail, trust) == _known_as(sender, trust)), None)
    if not people:  # some servers of rooms leave it out, and with it what was answered
        return Attendee(sender, partstat="NEEDS-ACTION" if method != "REPLY" else "")
    if len(people) == 1:
        return people[0]
    if method == "REFRESH":
        return own or people[0]
    if method == "COUNTER" or own is None:
        delegating = [one for one in people if one.partstat == "DELEGATED"]
        fallback = delegating[0] if delegating else people[0]
        return own or fallback
    linked = {address for one in people for address in (*one.delegated_to, *one.delegated_from)}
    strangers = [one for one in people if one is not own and one.mail not in linked and not one.delegated_to]
    return "several_attendees" if strangers else own


def _known_as(mail: str, trust: Trust) -> str:
    return trust.aliases.get(mail, mail)


def _speaks(who: Attendee, sender: str, trust: Trust) -> bool:
    if not sender or not trust.authentic:
        return False
    mail = _known_as(who.mail, trust)
    return mail == _known_as(sender, trust) or (who.sent_by == sender and (mail, sender) in trust.delegates)


def _named(event: Event, recurrence_id: Moment | None) -> Moment | None:
    """The date as the series would name it: what floats is read in the series' zone."""
    if recurrence_id is None or recurrence_id.tzid or recurrence_id.all_day or not event.entries:
        return recurrence_id
    return replace(recurrence_id, tzid=event.entries[0].starts.tzid)


def _wrong_date(
    event: Event, named: Moment | None, ranged: str, occurs: Callable[[Event, Moment], bool]
) -> tuple[Code, str] | None:
    if event.cancelled:
        return "old_version", "cancelled"
    if ranged:
        return "invalid", "range"
    if named is None:
        return None if event.master else ("unknown_instance", "no_series")
    if cancelled_date(event, named):
        return "unknown_instance", "cancelled"
    if event.override(named) is None and not occurs(event, named):
        return "unknown_instance", "no_such_date"
    return None


def _invited(event: Event, mail: str, named: Moment | None) -> bool:
    entry = (event.override(named) if named else None) or event.master
    return entry is not None and entry.attendee(mail) is not None


def _stranger(base: Outcome, who: Attendee, method: str) -> Outcome:
    if method == "REFRESH":
        return replace(base, code="unverified", reason="not_invited")
    if who.partstat not in PARTSTATS:
        return replace(base, reason="partstat")
    return replace(base, code="pending_guest", reason="deputy" if who.delegated_from else "not_invited", deputy=who)


def _counter(base: Outcome, event: Event, part: Part) -> Outcome:
    if part.starts is None or part.ends is None or part.ends.instant() <= part.starts.instant():
        return replace(base, reason="no_times")
    entry = (event.override(base.recurrence_id) if base.recurrence_id else None) or event.master
    if entry is None or answering.sequence_of(part) not in {entry.sequence, event.sequence}:
        return replace(base, code="old_version", reason="sequence")
    return replace(base, code="counter", starts=part.starts, ends=part.ends)


def _reply(base: Outcome, event: Event, part: Part, who: Attendee, now: datetime | None) -> Outcome:
    if who.partstat not in PARTSTATS:
        return replace(base, reason="partstat")
    deputy = None
    if who.partstat == "DELEGATED":
        deputy = next((one for one in part.attendees if one.mail in who.delegated_to and one.mail != who.mail), None)
        if deputy is None:
            return replace(base, reason="delegation")
    answer = answering.answer_of(part, base, event, now)
    if code := answering.out_of_order(event, answer):
        return replace(base, code=code)
    if answering.is_old(event, answer):
        return replace(base, code="old_version", reason="sequence")
    changed, erased = answering.recorded(event, answer, who.delegated_to if deputy else ())
    return replace(
        base, code="delegated" if deputy else "applied", event=changed, answer=answer, erased=erased, deputy=deputy
    )
