"""Filling the booking form by one click: a way out of a refusal, or a time that was found.  (pure)

A way is a text that a button sends as ``set``: an ISO time, or ``room:OLD:NEW``, ``hall:OLD:NEW:UNIT``,
``seat:OLD:UNIT@ROOM``, ``without:OLD,OLD``, ``profile:audio``, ``form:in_person``, rooms by key and units by code. What
cannot be read changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from confsvc.web.pages.choices import Places
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.repeat import minute_of
from confsvc.web.pages.typed import EARLIEST, LATEST, Fields, list_field, parse_time, text_field
from confsvc.web.pages.wish import Typed
from rooms.place_queries import RoomOn
from scheduler.booking.ways.sittings import Sitting
from scheduler.booking.ways.ways_out import OtherRoom, WaysOut

CARRIED = ("title", "kind", "form", "host", "main", "chair_name", "chair_title", "chair_mail", "guests")
CARRIED_LISTS = ("sites", "units", "seats")
"""What of a form goes along to another page and back."""
MOST_NAMED = 8


def follow(typed: Typed, way: object) -> Typed:
    """The form after a way was chosen; ``way`` as it was sent."""
    if not isinstance(way, str):
        return typed
    act, _, rest = way.partition(":")
    parts = rest.split(":")
    match act, parts:
        case "room", [old, new]:
            return _instead(typed, old, new)
        case "hall", [old, new, unit]:
            moved = _instead(_without(typed, [old]), old, new)
            return replace(moved, units=tuple(dict.fromkeys((*typed.units, unit))))
        case "seat", [old, seat]:
            return replace(_without(typed, [old]), seats=tuple(dict.fromkeys((*typed.seats, seat))))
        case "without", [names]:
            return _without(typed, names.split(","))
        case "profile", ["audio"]:
            return replace(typed, top_profile="audio")
        case "form", ["in_person"]:
            return replace(typed, form="in_person")
    return _moved(typed, way)


def _instead(typed: Typed, old: str, new: str) -> Typed:
    sites = tuple(dict.fromkeys(new if key == old else key for key in typed.sites))
    return replace(typed, main=new if typed.main == old else typed.main, sites=sites)


def _without(typed: Typed, keys: Sequence[str]) -> Typed:
    return replace(typed, sites=tuple(key for key in typed.sites if key not in keys))


def _moved(typed: Typed, to: str) -> Typed:
    try:
        starts = datetime.fromisoformat(to)
    except ValueError:
        return typed
    return typed.moved_to(starts) if starts.tzinfo and EARLIEST <= starts.year <= LATEST else typed


@dataclass(frozen=True)
class Way:
    """A button: what it sends and what it says."""

    value: str
    label: str


def way_groups(ways: WaysOut, places: Places, words: Phrases) -> list[tuple[str, list[Way]]]:
    """Ways under headings; a heading without a way is left out."""
    groups = (
        ("All chosen rooms are free at these times:", list(_times(ways, words))),
        ("Another room of the same office:", [_room(other, places) for other in ways.rooms]),
        ("Another hall as the main site:", [_hall(other, places) for other in ways.halls]),
        ("At a neighbour's site:", [_seat(other, places, words) for other in ways.shared]),
        ("Smaller:", list(_smaller(ways, places, words))),
    )
    return [(words.say(heading), [way for way in found if way.value]) for heading, found in groups if any(found)]


def _times(ways: WaysOut, words: Phrases) -> Iterator[Way]:
    for free in ways.times:
        yield Way(free.starts.isoformat(), words.headed(words.span(free.starts, free.ends)))


def _room(other: OtherRoom, places: Places) -> Way:
    return Way(f"room:{_key(other, places)}:{other.key}", f"{other.unit} – {other.room}")


def _hall(other: OtherRoom, places: Places) -> Way:
    lost = places.room_by_id.get(other.instead_of)
    unit = lost.unit_code if lost else ""
    return Way(f"hall:{_key(other, places)}:{other.key}:{unit}", f"{other.unit} – {other.room}")


def _seat(other: OtherRoom, places: Places, words: Phrases) -> Way:
    lost = places.room_by_id.get(other.instead_of)
    if lost is None:
        return Way("", "")
    said = words.say("%(unit)s sits at the site of %(other)s", unit=lost.unit_short, other=other.unit)
    return Way(f"seat:{lost.key}:{lost.unit_code}@{other.key}", said)


def _smaller(ways: WaysOut, places: Places, words: Phrases) -> Iterator[Way]:
    for smaller in ways.smaller:
        rooms = [places.room_by_id[i] for i in smaller.room_ids if i in places.room_by_id]
        if smaller.code == "without_sites" and rooms:
            yield Way(f"without:{','.join(room.key for room in rooms)}", _left_out(rooms, words))
        elif smaller.code == "audio_only":
            yield Way("profile:audio", words.say("By sound alone, without a picture"))
        elif smaller.code == "in_person":
            yield Way("form:in_person", words.say("In person: everybody comes to the main site"))


def _left_out(rooms: Sequence[RoomOn], words: Phrases) -> str:
    named = ", ".join(room.unit_short for room in rooms[:MOST_NAMED])
    if len(rooms) > MOST_NAMED:
        named = f"{named} {words.say('and %(count)s more', count=len(rooms) - MOST_NAMED)}"
    return words.say("Without %(units)s", units=named)


def _key(other: OtherRoom, places: Places) -> str:
    room = places.room_by_id.get(other.instead_of)
    return room.key if room else ""


@dataclass(frozen=True)
class Sittings:
    """The sittings of a wish that is too large to sit at once: each as time and number of sites, and the button that
    books them all as one."""

    value: str
    each: tuple[tuple[str, int], ...]


def sittings_view(sittings: Sequence[Sitting], words: Phrases) -> Sittings | None:
    """In words; None where there are none."""
    if not sittings:
        return None
    each = tuple((words.headed(words.span(one.starts, one.ends)), len(one.room_ids)) for one in sittings)
    return Sittings(sittings_act(sittings), each)


def sittings_act(sittings: Sequence[Sitting]) -> str:
    """What the button sends: exactly these sittings were seen."""
    return f"sittings:{'-'.join(str(minute_of(one.starts)) for one in sittings)}"


def prefilled(typed: Typed, query: Fields, places: Places) -> Typed:
    """A fresh form with what an address carries. Without a named main site the own hall is it if it takes part, else
    the first that does."""
    texts: dict[str, Any] = {name: text_field(query, name) for name in CARRIED if name in query}
    lists: dict[str, Any] = {name: tuple(list_field(query, name)) for name in CARRIED_LISTS if name in query}
    sites = lists.get("sites", ())
    if sites and texts.get("main") not in places.room_by_key:
        texts["main"] = typed.main if typed.main in sites else sites[0]
    end = parse_time(text_field(query, "end"))
    if end is not None:
        texts["end"] = f"{end:%H:%M}"
    return replace(typed, **texts, **lists)


def carried(typed: Typed) -> list[tuple[str, str]]:
    """What of a form goes along, as pairs for an address."""
    texts = [(name, str(getattr(typed, name))) for name in CARRIED if getattr(typed, name)]
    return texts + [(name, value) for name in CARRIED_LISTS for value in getattr(typed, name)]


def address(path: str, pairs: Sequence[tuple[str, str]] | Mapping[str, str]) -> str:
    """A path with a query."""
    return f"{path}?{urlencode(pairs)}"
