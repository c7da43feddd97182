"""The working calendar as a CSV file: day, working (1 or 0), name_vi and, as known, name_en and source.  (pure)"""

from __future__ import annotations

from rooms.unit_files import Reader
from scheduler.work_calendar import SpecialDay

COLUMNS = ("day", "working", "name_vi", "name_en", "source")
LONGEST_NAME = 120
LONGEST_SOURCE = 300


def read_days(data: bytes) -> list[SpecialDay]:
    """The days of a UTF-8 CSV file (``day`` as 2027-01-05), in the order of the file.

    Raises Invalid with every wrong field of the whole file, under ``<line>.<column>``.
    """
    reader = Reader(data, COLUMNS, required=("day", "working", "name_vi"))
    days: list[SpecialDay] = []
    seen = set()
    for line in reader:
        day = line.day("day", required=True)
        if day is not None and day in seen:
            line.wrong("day", "twice")
        seen.add(day)
        working = line.choice("working", ("1", "0"))
        name = line.text("name_vi", LONGEST_NAME, required=True)
        name_en, source = line.text("name_en", LONGEST_NAME), line.text("source", LONGEST_SOURCE)
        if day is not None:
            days.append(SpecialDay(day, working == "1", name, name_en, source))
    reader.finish()
    return days
