"""A conference and what its host adds, as a letter of invitation.

The link to join never stands in it, nor any other address: letters are filed and forwarded.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from integrations.documents.letter_content import Group, InvitationLetter, Signature, Sitting
from rooms.models import Unit
from scheduler.booking.approving import letter_queries as queries
from scheduler.booking.approving.letter_draft import LetterWish, lines_of
from scheduler.booking.approving.official_queries import find_letter_of, find_symbol
from scheduler.booking.queries import RoomPart, UnitPart, list_guests, list_room_parts, list_sites, list_unit_parts
from scheduler.local_time import LOCAL, local_day
from scheduler.models import Conference, Delegation
from scheduler.record.queries import list_delegations

MOST_SITTINGS = 60
DATA_LAW = date(2026, 1, 1)
"""From that day on those who are seen and heard must be told (Law 91/2025/QH15 on personal data)."""
_SECRETS = "không trao đổi nội dung bí mật nhà nước"
_EARLY = "Các điểm cầu có mặt trước giờ khai mạc ít nhất 15 phút"
_RECORDED = "(Cuộc họp được ghi hình.)"
_DATA = "(Âm thanh, hình ảnh của người dự họp được xử lý để phục vụ cuộc họp theo Luật Bảo vệ dữ liệu cá nhân.)"
_ALL_DISTRICTS = "các huyện, thành phố"
_LINK = re.compile(r"\S*(?:://|www\.)\S*", re.IGNORECASE)


@dataclass(frozen=True)
class _Meeting:
    """What is known of the conference, as of its day."""

    conference: Conference
    host: UnitPart
    rooms: tuple[RoomPart, ...]
    delegations: Sequence[Delegation]
    districts: set[int]

    @property
    def online(self) -> bool:
        return self.conference.form != "in_person"

    @property
    def all_districts(self) -> bool:
        """Every district that there is has a site or comes."""
        return bool(self.districts) and self.districts <= {part.unit_id for part in self.delegations}


def invitation_letter(db: Session, conference: Conference, wish: LetterWish, *, now: datetime) -> InvitationLetter:
    """The letter as it would be printed now; number and day as recorded, else open or as the host wishes."""
    meeting, recorded = _meeting(db, conference), find_letter_of(db, conference.counted_with)
    dated = recorded.issued if recorded else wish.dated
    sittings = queries.list_letter_sittings(db, conference, series=wish.series, most=MOST_SITTINGS) or [conference]
    test = queries.find_line_test(db, [one.id for one in sittings])
    said = _said(conference)
    main, others = _places(meeting)
    return InvitationLetter(
        superior=wish.superior or usual_superior(db, conference), host=meeting.host.name,
        number=recorded.number if recorded else "",
        symbol=recorded.symbol if recorded else find_symbol(db, conference.host_unit_id) or "GM",
        place=wish.place or usual_place(db, conference), dated=dated or local_day(now), day_open=dated is None,
        subject=wish.subject or usual_subject(conference), groups=_groups(db, meeting, wish), purpose=said["title"],
        chair=", ".join(part for part in (said["chair_name"], said["chair_title"]) if part),
        sittings=tuple(_sitting(one, conference) for one in sittings),
        line_test=test.astimezone(LOCAL) if test else None, main_site=main, member_sites=others,
        requirements=_requirements(wish, meeting), notices=_notices(wish, meeting), contact=_contact(said),
        signature=Signature(lines_of(wish.authority), wish.title, wish.signer), urgency=wish.urgency,
        recipients=usual_recipients(wish),
    )  # fmt: skip


def usual_superior(db: Session, conference: Conference) -> str:
    """The body above the host; none above the province's own."""
    host = list_unit_parts(db, [conference.host_unit_id], local_day(conference.starts)).get(conference.host_unit_id)
    if host is None or host.parent_id is None or host.parent_level == "province":
        return ""
    above = list_unit_parts(db, [host.parent_id], local_day(conference.starts)).get(host.parent_id)
    return above.name.replace("Ủy ban nhân dân", "UBND") if above else ""


def usual_place(db: Session, conference: Conference) -> str:
    """The province's name for its own offices, a district's for its (NĐ 30/2020, annex I, part II.4)."""
    unit = db.get(Unit, conference.host_unit_id)
    day = local_day(conference.starts)
    while unit is not None and unit.level not in ("province", "district", "commune"):
        unit = db.get(Unit, unit.parent_id) if unit.parent_id else None
    part = list_unit_parts(db, [unit.id], day).get(unit.id) if unit else None
    return re.sub(r"^(Tỉnh|Thành phố|Huyện|Thị xã|Xã|Phường|Thị trấn) ", "", part.name) if part else ""


def usual_subject(conference: Conference) -> str:
    title = _clean(conference.title, conference.key)
    return title if conference.form == "in_person" else f"{title} (theo hình thức hội nghị truyền hình)"


def usual_recipients(wish: LetterWish) -> tuple[str, ...]:
    """Who gets it; the last line is always the archive's."""
    lines = lines_of(wish.recipients) or ("Như thành phần mời",)
    return lines if lines[-1].lstrip("-– ").startswith("Lưu") else (*lines, "Lưu: VT")


def _meeting(db: Session, conference: Conference) -> _Meeting:
    day = local_day(conference.starts)
    parts = list_room_parts(db, [site.room_id for site in list_sites(db, conference.id)], day)
    rooms = tuple(parts[site.room_id] for site in list_sites(db, conference.id) if site.room_id in parts)
    host = list_unit_parts(db, [conference.host_unit_id], day)[conference.host_unit_id]
    return _Meeting(conference, host, rooms, list_delegations(db, conference.id), queries.list_districts(db, day))


def _groups(db: Session, meeting: _Meeting, wish: LetterWish) -> tuple[Group, ...]:
    """By place: the province's site, the districts', the communes'; the host does not invite itself."""
    invited = [part for part in meeting.delegations if part.unit_id != meeting.host.unit_id]
    districts = [part for part in invited if part.level == "district"]
    communes = [part for part in invited if part.level == "commune"]
    others = [part for part in invited if part.level not in ("district", "commune")]
    guests = [
        _clean(one.name, meeting.conference.key)
        for one in list_guests(db, meeting.conference.id)
        if one.role == "guest"
    ]
    key = meeting.conference.key
    first = [f"Đại diện {_in_text(part.unit_name)}" for part in others] + guests
    typed = [_clean(line, key) for line in lines_of(wish.invitees)]
    groups = (
        ("Tại điểm cầu tỉnh", [*typed, *first]),
        (
            f"Tại điểm cầu {_ALL_DISTRICTS}" if meeting.all_districts else "Tại điểm cầu các huyện, thành phố",
            _district_lines(meeting, districts),
        ),
        ("Tại điểm cầu các xã, phường, thị trấn", [f"Đại diện UBND {_lower(part.unit_name)}" for part in communes]),
    )
    named = [(at if meeting.online else "", tuple(dict.fromkeys(who))) for at, who in groups if who]
    if not meeting.online:
        return (Group("", tuple(line for _, who in named for line in who)),) if named else ()
    return tuple(Group(at, who) for at, who in named)


def _district_lines(meeting: _Meeting, districts: Sequence[Delegation]) -> list[str]:
    if meeting.all_districts:
        return [f"Đại diện UBND {_ALL_DISTRICTS}"]
    return [f"Đại diện UBND {_lower(part.unit_name)}" for part in districts]


def _places(meeting: _Meeting) -> tuple[str, str]:
    """The main site, and the others: in one phrase where they are all districts there are."""
    key = meeting.conference.key
    if not meeting.rooms:
        return _clean(meeting.conference.place, key), ""
    first, *rest = meeting.rooms
    main = _clean(_room(first), key)
    theirs = {room.unit.unit_id for room in rest}
    near = [room for room in rest if room.unit.unit_id not in meeting.districts]
    if meeting.districts and meeting.districts <= theirs:
        said = [_room(room) for room in near] + [f"phòng họp trực tuyến UBND {_ALL_DISTRICTS}"]
    else:
        said = [_room(room) for room in rest]
    return main, _clean("; ".join(said), key)


def _room(room: RoomPart) -> str:
    """A room with its office's name in full, as letters have it; districts and communes by their committees."""
    unit = room.unit
    full = f"UBND {_lower(unit.name)}" if unit.level in ("district", "commune") else _in_text(unit.name)
    return room.name.replace(unit.short, full) if unit.short and unit.short in room.name else f"{room.name} ({full})"


def _requirements(wish: LetterWish, meeting: _Meeting) -> tuple[str, ...]:
    typed = [_clean(line, meeting.conference.key).rstrip(" .;") for line in lines_of(wish.requirements)]
    if not meeting.online:
        return tuple(typed)
    demands = [*(typed or [_EARLY]), _SECRETS]
    return ("; ".join(demands),) if len(demands) < 4 else tuple(one[0].upper() + one[1:] for one in demands)


def _notices(wish: LetterWish, meeting: _Meeting) -> tuple[str, ...]:
    typed = [_clean(line, meeting.conference.key) for line in lines_of(wish.extra)]
    told = meeting.online and local_day(meeting.conference.starts) >= DATA_LAW
    return (*typed, *((_RECORDED,) if wish.recorded else ()), *((_DATA,) if told else ()))


def _contact(said: dict[str, str]) -> str:
    name = f"đ/c {said['contact_name']}" if said["contact_name"] else ""
    phone = f"điện thoại {said['contact_phone']}" if said["contact_phone"] else ""
    return ", ".join(part for part in (name, phone) if part)


def _sitting(one: Conference, leader: Conference) -> Sitting:
    label = "" if one.title == leader.title else _clean(one.title, one.key)
    return Sitting(one.starts.astimezone(LOCAL), one.ends.astimezone(LOCAL), label)


def _said(conference: Conference) -> dict[str, str]:
    names = ("title", "chair_name", "chair_title", "contact_name", "contact_phone")
    return {name: _clean(getattr(conference, name), conference.key) for name in names}


def _clean(text: str, key: str) -> str:
    """Without addresses, and without whatever names the conference's own page."""
    return " ".join(word for word in _LINK.sub("", text).split() if key not in word)


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def _in_text(name: str) -> str:
    return name.replace("Ủy ban nhân dân", "UBND")
