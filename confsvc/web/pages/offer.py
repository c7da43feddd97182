"""What taking rooms from others would do to whom, in words, and the consent to it as a form sends it.  (pure)"""

from __future__ import annotations

from dataclasses import dataclass

from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.typed import Fields, list_field
from scheduler.booking.giving_way.rivals import Consent, GaveWay, Preview

CHOICES = {"end": "End it now", "sites_out": "Take only these sites out of it; it goes on without them"}
OUTCOMES = {
    "asked": "another time is held for it until %(until)s: %(time)s",
    "no_alternative": "no other time fits: it is postponed",
    "ended": "it is ended at once",
    "sites_out": "it goes on without these sites",
}


@dataclass(frozen=True)
class WayView:
    """One meeting that would give way, in words."""

    key: str
    what: str
    rooms: str
    becomes: str
    choices: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True)
class OfferView:
    """The offer as the form shows it; ``holders``: from which offices rooms are taken."""

    holders: str
    total: str
    ways: tuple[WayView, ...]
    many: bool
    many_confirmed: bool


def offer_view(found: Preview | None, consent: Consent, words: Phrases) -> OfferView | None:
    """In words; None without an offer."""
    if found is None:
        return None
    total = words.say(
        "%(meetings)s meetings, %(sites)s sites, %(people)s people will be told", meetings=len(found.ways),
        sites=found.sites, people=found.people,
    )  # fmt: skip
    holders = ", ".join(dict.fromkeys(way.unit for way in found.ways))
    return OfferView(holders, total, tuple(_way(way, consent, words) for way in found.ways), found.many, consent.many)


def _way(way: GaveWay, consent: Consent, words: Phrases) -> WayView:
    data = {}
    if way.alternative and way.answer_until:
        data = {"time": words.span(*way.alternative), "until": words.near(way.answer_until, way.starts)}
    chosen = consent.choices.get(way.key)
    choices = tuple((code, words.say(CHOICES[code]), code == chosen) for code in way.choices)
    becomes = words.say(OUTCOMES[way.outcome], **data) if not choices or len(choices) == 1 else ""
    return WayView(way.key, f"{way.unit}, {words.span(way.starts, way.ends)}", ", ".join(way.rooms), becomes, choices)


def consent_of(fields: Fields) -> Consent:
    """What was confirmed on the form."""
    shown = list_field(fields, "give_way")
    choices = {key: str(fields[f"choice_{key}"]) for key in shown if f"choice_{key}" in fields}
    return Consent(frozenset(shown), choices, many=bool(fields.get("many")))
