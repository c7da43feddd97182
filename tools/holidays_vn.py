"""Development only: write confsvc/data/calendar-vn.csv, the days of Vietnam that are not what their weekday says.

    python -m pip install -r requirements/tools.txt && python tools/holidays_vn.py

Public holidays with their days in lieu, and the working days that the government swapped, for 2009-2040, as the package
`holidays` knows them. Every row says on what it rests. What is not yet announced is marked "dự kiến": Tết leave and
swaps of a year are decided by the Prime Minister in the autumn before.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from pathlib import Path

import holidays

FIRST, LAST = 2009, 2040
ANNOUNCED = 2026  # the last year whose leave the government has announced to the version that is pinned
COLUMNS = ("day", "working", "name_vi", "name_en", "source")
TARGET = Path(__file__).parent.parent / "confsvc" / "data" / "calendar-vn.csv"
PACKAGE = f"gói holidays {holidays.__version__}"
LAWS = (
    (date(2013, 5, 1), "Bộ luật Lao động 1994, Điều 73"),
    (date(2021, 1, 1), "Bộ luật Lao động 2012, Điều 115"),
    (date.max, "Bộ luật Lao động 2019, Điều 112"),
)
CULTURE_DAY = "Nghị quyết 80-NQ/TW"
SWAP = "Hoán đổi ngày làm việc do Chính phủ thông báo"
NAMES = {"29 Tết": "29 Tết Nguyên Đán"}


def rows() -> list[dict[str, str]]:
    """Every special day in order."""
    years = range(FIRST, LAST + 1)
    vi = holidays.country_holidays("VN", years=years, language="vi")
    en = holidays.country_holidays("VN", years=years, language="en_US")
    found = {day: _row(day, False, _tidy(vi[day]), _tidy(en[day]), _basis(day, vi[day])) for day in vi}
    free_for = {_worked(name): day for day, name in vi.items() if "thay cho ngày" in name}
    for day in vi.weekend_workdays:
        free = free_for[day]
        found[day] = _row(
            day, True, f"Làm bù cho ngày {free:%d/%m/%Y}", f"Worked instead of {free:%d/%m/%Y}", f"{SWAP}; {PACKAGE}"
        )
    return [found[day] for day in sorted(found) if FIRST <= day.year <= LAST]


def _row(day: date, working: bool, name_vi: str, name_en: str, source: str) -> dict[str, str]:
    values = (day.isoformat(), "1" if working else "0", name_vi, name_en, source)
    return dict(zip(COLUMNS, values, strict=True))


def _tidy(names: str) -> str:
    """Two holidays on one day stand side by side; a swap names the worked day as people write it."""
    said = ", ".join(NAMES.get(name, name) for name in dict.fromkeys(names.split("; ")))
    return re.sub(r"substituted from (\d\d)/(\d\d)/(\d{4})", r"\2/\1/\3 is worked instead", said)


def _worked(name: str) -> date:
    found = re.search(r"(\d\d)/(\d\d)/(\d{4})", name)
    if found is None:
        raise ValueError(f"no worked day in {name!r}")
    return date(int(found[3]), int(found[2]), int(found[1]))


def _basis(day: date, name: str) -> str:
    if "thay cho ngày" in name:
        return f"{SWAP}; {PACKAGE}"
    law = CULTURE_DAY if "Văn hóa" in name else next(law for until, law in LAWS if day < until)
    return f"{law}; {PACKAGE}" + (" (dự kiến)" if day.year > ANNOUNCED else "")


def main() -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows())
    TARGET.write_text(text.getvalue(), encoding="utf-8")


if __name__ == "__main__":
    main()
