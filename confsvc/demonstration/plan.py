"""What happens in the demonstration year: who meets whom, when, in which form, and what goes wrong.  (pure)

Drawn from a seed, so that the same year comes out every time. Densities follow the plan's own counts: the People's
Committee with a briefing a month and some forty other meetings, six a year for each agency, twenty to thirty
trainings; peaks in January, July and December; mornings at 08:00 and afternoons at 14:00.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from scheduler.local_time import LOCAL
from scheduler.work_calendar import WorkCalendar

WEIGHT = {1: 1.5, 2: 0.7, 3: 1.0, 4: 0.9, 5: 0.9, 6: 1.0, 7: 1.5, 8: 0.9, 9: 0.9, 10: 1.0, 11: 1.1, 12: 1.5}
AGENCY_MEETINGS = 6.8
COMMITTEE_MEETINGS = 46

TOPICS: dict[str, Sequence[str]] = {
    "briefing": ("Giao ban tháng {month} với các huyện, thành phố",),
    "working": (
        "Giải quyết vướng mắc giải phóng mặt bằng các dự án giao thông",
        "Tiến độ giải ngân vốn đầu tư công",
        "Xử lý kiến nghị của các huyện, thành phố",
    ),
    "thematic": (
        "Công tác cải cách thủ tục hành chính",
        "Bảo đảm an toàn giao thông quý {quarter}",
        "Phòng, chống dịch bệnh trên đàn gia súc, gia cầm",
        "Tiêu thụ vải thiều niên vụ {year}",
        "Xây dựng nông thôn mới",
    ),
    "midterm_review": ("Sơ kết công tác 6 tháng đầu năm {year}",),
    "final_review": ("Tổng kết công tác năm {year}",),
    "deployment": ("Triển khai nhiệm vụ trọng tâm năm {year}", "Triển khai kế hoạch ứng dụng công nghệ thông tin"),
    "training": (
        "Tập huấn an toàn thông tin",
        "Tập huấn phần mềm quản lý văn bản và điều hành",
        "Tập huấn nghiệp vụ văn thư, lưu trữ",
        "Tập huấn công tác thi đua, khen thưởng",
        "Tập huấn kỹ năng vận hành điểm cầu",
    ),
    "consultation": ("Lấy ý kiến dự thảo quy chế sử dụng hệ thống hội nghị truyền hình",),
    "emergency": ("Họp khẩn về phòng, chống lụt bão",),
}
IN_PERSON_REASONS = ("content", "size", "equipment", "line", "no_free_room", "on_site", "ceremony")


@dataclass(frozen=True)
class Offices:
    """Codes of the hosts and the districts, in protocol order."""

    committee: str
    agencies: tuple[str, ...]
    districts: tuple[str, ...]


@dataclass(frozen=True)
class Visit:
    """One district at an online conference. Seconds from the start; ``gap`` is a fault of its line (from, until)."""

    district: str
    came: bool
    joins: int
    leaves_late: int
    gap: tuple[int, int] | None


@dataclass(frozen=True)
class Meeting:
    """One meeting of the year. ``form``: online, hybrid, in_person (booked with us) or logged (told afterwards).

    ``broken_after``: the video broke down for good after so many seconds. ``cancelled``: before it took place.
    """

    host: str
    kind: str
    title: str
    starts: datetime
    minutes: int
    form: str
    districts: tuple[str, ...]
    visits: tuple[Visit, ...] = ()
    reason: str | None = None
    broken_after: int | None = None
    cancelled: bool = False

    @property
    def ends(self) -> datetime:
        return self.starts + timedelta(minutes=self.minutes)


def meetings(offices: Offices, first: date, last: date, calendar: WorkCalendar, *, seed: int = 2668) -> list[Meeting]:
    """The meetings between two days (inclusive) in order of time; the same for the same arguments."""
    draw = random.Random(f"{seed} {first.year}")  # noqa: S311 - reproducible, not secret
    found: list[Meeting] = []
    for month in range(1, 13):
        days = _working_days(first.year, month, calendar)
        for host, kind in _wishes(draw, offices, month):
            found.append(_meeting(draw, offices, host, kind, draw.choice(days)))
    found.sort(key=lambda m: (m.starts, m.host))
    return [m for m in found if first <= m.starts.astimezone(LOCAL).date() <= last]


def _working_days(year: int, month: int, calendar: WorkCalendar) -> list[date]:
    day, days = date(year, month, 1), []
    while day.month == month:
        if calendar.is_working(day):
            days.append(day)
        day += timedelta(days=1)
    return days


def _wishes(draw: random.Random, offices: Offices, month: int) -> Iterator[tuple[str, str]]:
    share = WEIGHT[month] / sum(WEIGHT.values())
    yield offices.committee, "briefing"
    for _ in range(_some(draw, COMMITTEE_MEETINGS * share)):
        yield offices.committee, draw.choice(("working", "thematic", "deployment", "consultation"))
    if month in (6, 7, 8, 9, 10):
        yield offices.committee, "emergency"
    for agency in offices.agencies:
        for _ in range(_some(draw, AGENCY_MEETINGS * share)):
            yield agency, draw.choice(("training", "thematic", "working", "deployment", "consultation"))
    if month in (7, 12):
        kind = "midterm_review" if month == 7 else "final_review"
        yield from ((host, kind) for host in draw.sample([offices.committee, *offices.agencies], 7))


def _some(draw: random.Random, expected: float) -> int:
    whole = int(expected)
    return whole + (draw.random() < expected - whole)


def _meeting(draw: random.Random, offices: Offices, host: str, kind: str, day: date) -> Meeting:
    at = time(8, 0) if draw.random() < 0.6 else time(14, 0) if draw.random() < 0.7 else time(13, 30)
    starts = datetime.combine(day, at, tzinfo=LOCAL)
    everybody = draw.random() < 0.7 or kind in ("briefing", "emergency", "midterm_review", "final_review")
    districts = offices.districts if everybody else _subset(draw, offices.districts)
    minutes = draw.choice((180, 210)) if kind == "training" else draw.choice((75, 90, 120, 150))
    words = {"month": day.month, "quarter": ("I", "II", "III", "IV")[(day.month - 1) // 3], "year": day.year}
    title = draw.choice(TOPICS[kind]).format(**words)
    form, reason = _form(draw, kind, day)
    visits = tuple(_visit(draw, district, minutes) for district in districts) if form != "logged" else ()
    broken = draw.randrange(300, 1200) if form == "online" and draw.random() < 0.02 else None
    cancelled = form == "online" and draw.random() < 0.03
    return Meeting(host, kind, title, starts, minutes, form, districts, visits, reason, broken, cancelled)


def _subset(draw: random.Random, districts: Sequence[str]) -> tuple[str, ...]:
    chosen = set(draw.sample(districts, draw.choice((1, 3, 4, 5, 6))))
    return tuple(d for d in districts if d in chosen)


def _form(draw: random.Random, kind: str, day: date) -> tuple[str, str | None]:
    """More of them online as the year goes on; what cannot be, with its reason."""
    online = 0.56 + 0.26 * (day.timetuple().tm_yday / 365)
    if kind in ("final_review", "midterm_review"):
        online -= 0.25
    if kind == "emergency" or draw.random() < online:
        return ("hybrid" if draw.random() < 0.07 else "online"), None
    if draw.random() < 0.3:
        return "in_person", draw.choice(IN_PERSON_REASONS)
    return "logged", "secret" if draw.random() < 0.06 else draw.choice(IN_PERSON_REASONS)


def _visit(draw: random.Random, district: str, minutes: int) -> Visit:
    came = draw.random() > 0.02
    gap = None
    if draw.random() < 0.07:
        start = draw.randrange(600, minutes * 60 - 1500)
        gap = (start, start + draw.randrange(180, 1200))
    return Visit(district, came, draw.randrange(-880, -300) if draw.random() < 0.93 else draw.randrange(60, 900),
                 draw.randrange(0, 420), gap)  # fmt: skip
