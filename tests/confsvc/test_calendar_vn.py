"""The packaged table of Vietnam's days against what was written and computed independently of its source."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, timedelta
from importlib.resources import files

import pytest

from scheduler.calendar_file import COLUMNS, read_days
from scheduler.work_calendar import SpecialDay, WorkCalendar

DATA = files("confsvc.data").joinpath("calendar-vn.csv").read_bytes()
DAYS = {day.day: day for day in read_days(DATA)}
CALENDAR = WorkCalendar(DAYS)
TET = (
    "14/02/2010 03/02/2011 23/01/2012 10/02/2013 31/01/2014 19/02/2015 08/02/2016 28/01/2017 16/02/2018 05/02/2019 "
    "25/01/2020 12/02/2021 01/02/2022 22/01/2023 10/02/2024 29/01/2025 17/02/2026 06/02/2027 26/01/2028 13/02/2029 "
    "02/02/2030"
)
"""As almanacs of Vietnam have them; in 2030 China's new year is a day later."""
KINGS = "23/04/2010 12/04/2011 31/03/2012 07/04/2025 26/04/2026"


def new_moon(k: int) -> float:
    """The Julian day (universal time) of the k-th new moon after 1900-01-01 (Meeus, Astronomical Algorithms)."""
    t = k / 1236.85
    mean = 2415020.75933 + 29.53058868 * k + 0.0001178 * t**2 - 0.000000155 * t**3
    mean += 0.00033 * math.sin(math.radians(166.56 + 132.87 * t - 0.009173 * t**2))
    sun = math.radians(359.2242 + 29.10535608 * k - 0.0000333 * t**2 - 0.00000347 * t**3)
    moon = math.radians(306.0253 + 385.81691806 * k + 0.0107306 * t**2 + 0.00001236 * t**3)
    node = math.radians(21.2964 + 390.67050646 * k - 0.0016528 * t**2 - 0.00000239 * t**3)
    shift = (0.1734 - 0.000393 * t) * math.sin(sun) + 0.0021 * math.sin(2 * sun) - 0.4068 * math.sin(moon)
    shift += 0.0161 * math.sin(2 * moon) - 0.0004 * math.sin(3 * moon) + 0.0104 * math.sin(2 * node)
    shift -= 0.0051 * math.sin(sun + moon) + 0.0074 * math.sin(sun - moon)
    shift += 0.0004 * math.sin(2 * node + sun) - 0.0004 * math.sin(2 * node - sun) - 0.0006 * math.sin(2 * node + moon)
    shift += 0.0010 * math.sin(2 * node - moon) + 0.0005 * math.sin(2 * moon + sun)
    return mean + shift - (-0.000278 + 0.000265 * t + 0.000262 * t**2)


def local_date(julian: float) -> date:
    """The day in Vietnam (UTC+7) of a Julian day in universal time."""
    return date.fromordinal(math.floor(julian + 0.5 + 7 / 24) - 1721425)


def sun_sector(day: date) -> int:
    """In which twelfth of its path the sun stands at the first midnight of a day in Vietnam; 9 from the solstice on."""
    t = (day.toordinal() + 1721425 - 0.5 - 7 / 24 - 2451545.0) / 36525
    anomaly = math.radians(357.52910 + 35999.05030 * t - 0.0001559 * t**2)
    centre = (1.914600 - 0.004817 * t) * math.sin(anomaly) + 0.019993 * math.sin(2 * anomaly)
    longitude = 280.46645 + 36000.76983 * t + 0.0003032 * t**2 + centre + 0.000290 * math.sin(3 * anomaly)
    return math.floor(longitude % 360 / 30)


def month_eleven(year: int) -> int:
    """The number of the new moon with which the month of the winter solstice begins."""
    k = math.floor((date(year, 12, 31).toordinal() + 1721425 - 2415021) / 29.530588853)
    while local_date(new_moon(k)) > date(year, 12, 31):
        k -= 1
    return k - 1 if sun_sector(local_date(new_moon(k))) >= 9 else k


def lunar_new_year(year: int) -> date:
    """Two months after the eleventh; three when a month without a principal term is put in before."""
    first, following = month_eleven(year - 1), month_eleven(year)
    starts = [local_date(new_moon(k)) for k in range(first, first + 4)]
    if following - first == 13:
        sectors = [sun_sector(day) for day in starts]
        if sectors[1] == sectors[2] or sectors[2] == sectors[3]:
            return starts[3]
    return starts[2]


def named(text: str) -> Iterator[SpecialDay]:
    return (day for day in DAYS.values() if day.name_vi.startswith(text))


def test_the_lunar_new_year_is_right() -> None:
    written = [date(int(day[6:]), int(day[3:5]), int(day[:2])) for day in TET.split()]
    packaged = [day.day for day in named("Tết Nguyên Đán")]
    assert [day for day in packaged if 2010 <= day.year <= 2030] == written
    assert packaged == [lunar_new_year(year) for year in range(2009, 2041)]


@pytest.mark.parametrize("year", range(2010, 2041))
def test_tet_is_off_from_its_eve_to_the_third_day_at_least(year: int) -> None:
    tet = lunar_new_year(year)
    assert not any(CALENDAR.is_working(tet + timedelta(days=n)) for n in range(-1, 3))


def test_the_kings_day_and_what_the_law_added() -> None:
    kings = {f"{day.day:%d/%m/%Y}" for day in named("Ngày Giỗ Tổ Hùng Vương") if "nghỉ bù" not in day.name_vi}
    assert kings >= set(KINGS.split())
    assert [sum(day.day.year == year for day in named("Quốc khánh")) for year in (2020, 2021, 2026)] == [1, 2, 2]
    assert min(day.day for day in named("Ngày Văn hóa Việt Nam")) == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("off", "worked"),
    [
        ("2010-02-19", "2010-02-27"), ("2012-01-27", "2012-02-04"), ("2018-12-31", "2019-01-05"),
        ("2024-04-29", "2024-05-04"), ("2026-08-31", "2026-08-22"),
    ],
)  # fmt: skip
def test_days_that_the_government_swapped(off: str, worked: str) -> None:
    assert not CALENDAR.is_working(date.fromisoformat(off))
    assert CALENDAR.is_working(date.fromisoformat(worked)) and date.fromisoformat(worked).weekday() >= 5


def test_a_letter_before_tet_leaves_no_working_day() -> None:
    assert CALENDAR.working_days_between(date(2012, 1, 20), date(2012, 1, 30)) == 0


def test_every_row_says_on_what_it_rests() -> None:
    assert DATA.decode().splitlines()[0] == ",".join(COLUMNS)
    assert (min(DAYS).year, max(DAYS).year) == (2009, 2040)
    assert all("holidays" in day.source and day.name_vi and day.name_en for day in DAYS.values())
    assert all(("dự kiến" in day.source) == (day.day.year > 2026) for day in DAYS.values())
