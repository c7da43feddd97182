"""What the forms offer: offices one may act for, rooms and units in protocol order, kinds and reasons in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, units_for
from confsvc.web.pages.phrases import Phrases
from rooms.names import search_key
from rooms.place_queries import RoomOn, list_rooms
from rooms.queries import UnitOn, list_units
from scheduler.kinds import KINDS, REASONS
from scheduler.rulebook import RuleBook

MOST_SHOWN = 60
HALL_CODES = ("UBNDT", "VPUB")
"""Who keeps the province's hall: their rooms are offered as main site after the own office's."""


@dataclass(frozen=True)
class Places:
    """The rooms and units of a day. ``hosts``: offices that the person may act for."""

    rooms: tuple[RoomOn, ...]
    units: tuple[UnitOn, ...]
    hosts: tuple[UnitOn, ...]
    own_unit_id: int | None

    @property
    def room_by_key(self) -> Mapping[str, RoomOn]:
        return {room.key: room for room in self.rooms}

    @property
    def room_by_id(self) -> Mapping[int, RoomOn]:
        return {room.id: room for room in self.rooms}

    @property
    def unit_by_code(self) -> Mapping[str, UnitOn]:
        return {unit.code: unit for unit in self.units}

    @property
    def unit_by_id(self) -> Mapping[int, UnitOn]:
        return {unit.id: unit for unit in self.units}

    def room_of_unit(self, unit_id: int) -> RoomOn | None:
        """A unit's first room."""
        return next((room for room in self.rooms if room.unit_id == unit_id), None)

    def default_host(self) -> UnitOn | None:
        own = next((unit for unit in self.hosts if unit.id == self.own_unit_id), None)
        return own or (self.hosts[0] if self.hosts else None)

    def host_options(self, chosen: str) -> list[tuple[str, str]]:
        """Offices to act for; of the communes, which are many, the own and the chosen one."""
        return [
            (unit.code, unit.short)
            for unit in self.hosts
            if unit.level != "commune" or unit.code == chosen or unit.id == self.own_unit_id
        ]

    def main_options(self, chosen: str) -> list[tuple[str, str]]:
        """Rooms for the main site; of the communes, which are many, the own and the chosen one."""
        return [
            (room.key, f"{room.unit_short} – {room.name}")
            for room in self.main_rooms()
            if room.unit_level != "commune" or room.key == chosen or room.unit_id == self.own_unit_id
        ]

    def main_rooms(self) -> list[RoomOn]:
        """For the main site: the own office's, the province's hall, then protocol order."""

        def rank(room: RoomOn) -> int:
            if room.unit_id == self.own_unit_id:
                return 0
            return 1 if room.unit_code in HALL_CODES else 2

        return sorted(self.rooms, key=rank)


def load_places(db: Session, actor: Actor, permission: Permission, day: date) -> Places:
    """The rooms and units of a day, and the offices for which ``actor`` may do this."""
    units = tuple(list_units(db, day))
    allowed = units_for(actor, permission)
    hosts = tuple(u for u in units if (allowed is None or u.id in allowed) and u.level != "province")
    return Places(tuple(list_rooms(db, day)), units, hosts, actor.unit_id)


def kind_options(words: Phrases, book: RuleBook, day: date) -> list[dict[str, object]]:
    """Meetings, then trainings and what is not counted on that day; for ``select``."""
    classes = {k.code: "other" if book.why_not(k.code, day) else k.kind_class for k in KINDS}
    groups = (("meeting", "Meetings"), ("training", "Trainings"), ("other", "Not counted"))
    return [
        {"label": words.say(label), "options": [(k.code, words.kind(k.code)) for k in KINDS if classes[k.code] == name]}
        for name, label in groups
    ]


def reason_options(words: Phrases, *, without: Collection[str] = ()) -> list[tuple[str, str]]:
    return [(r.code, words.reason(r.code)) for r in REASONS if r.code not in without]


def form_options(words: Phrases) -> list[dict[str, str]]:
    hints = {
        "online": "Every office joins from its own room",
        "hybrid": "Some from their rooms, some come to the main site",
        "in_person": "Everybody comes to the main site",
    }
    return [{"value": code, "label": words.form(code), "hint": words.say(hint)} for code, hint in hints.items()]


@dataclass(frozen=True)
class SiteOption:
    """A row of the list of sites."""

    value: str
    label: str
    tag: str
    checked: bool


@dataclass(frozen=True)
class SiteGroup:
    """Rooms of one kind of offices."""

    label: str
    options: tuple[SiteOption, ...]


GROUPS = (
    ("district", "Districts and the city", ("district",)),
    ("agency", "Province offices", ("province", "province_body", "province_agency")),
    ("commune", "Communes", ("commune",)),
)


def site_groups(places: Places, chosen: Collection[str], find: str, words: Phrases) -> tuple[list[SiteGroup], int]:
    """The list of sites, and how many are not shown: communes are found by name, or shown when they are chosen."""
    key, hidden = search_key(find), 0
    groups: list[SiteGroup] = []
    for tag, label, levels in GROUPS:
        options: list[SiteOption] = []
        for room in (room for room in places.rooms if room.unit_level in levels):
            found = bool(key) and key in search_key(room.unit_name, room.unit_short, room.name)
            if tag == "commune" and room.key not in chosen and (not found or len(options) >= MOST_SHOWN):
                hidden += 1
                continue
            options.append(SiteOption(room.key, _label(room, places), tag, room.key in chosen))
        if options:
            groups.append(SiteGroup(words.say(label), tuple(options)))
    return groups, hidden


def _label(room: RoomOn, places: Places) -> str:
    """The unit's short name; with the room's where the unit has several."""
    several = sum(other.unit_id == room.unit_id for other in places.rooms) > 1
    return f"{room.unit_short} – {room.name}" if several else room.unit_short


def unit_options(units: Sequence[UnitOn], chosen: Collection[str]) -> list[dict[str, object]]:
    """Units for ``checks``, the districts tagged."""
    return [
        {"value": u.code, "label": u.short, "checked": u.code in chosen,
         "tag": "district" if u.level == "district" else ""}
        for u in units
    ]  # fmt: skip


def seat_options(places: Places, chosen: Collection[str], words: Phrases) -> list[dict[str, object]]:
    """Units that sit at a neighbour's site, UNIT@ROOM, for ``checks``; unknown ones are left out."""
    found: list[dict[str, object]] = []
    for seat in chosen:
        code, _, key = seat.partition("@")
        unit, room = places.unit_by_code.get(code), places.room_by_key.get(key)
        if unit and room:
            said = words.say("%(unit)s sits at the site of %(other)s", unit=unit.short, other=room.unit_short)
            found.append({"value": seat, "label": said, "checked": True})
    return found
