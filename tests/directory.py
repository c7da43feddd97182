"""Directories for tests: the default one that the product ships, and an invented province of any size."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy.orm import Session

import confsvc
from confsvc.database import Database
from rooms.importing import Report, import_units
from rooms.unit_files import UnitRow, read_units
from scheduler.record.goals import add_default_goals

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
AS_OF = date(2010, 11, 16)
MAIL_DOMAIN = "bacgiang.example"
DATA = Path(confsvc.__file__).parent / "data"


def load_default(db: Session) -> Report:
    """A unit of work: Bắc Giang as of 16/11/2010 open-ended, with what every office needs, scope and goals to 2026."""
    rows = read_units((DATA / "units-2010.csv").read_bytes())
    report = import_units(db, rows, on=AS_OF, actor="cli", now=NOW, mail_domain=MAIL_DOMAIN)
    add_default_goals(db, actor="cli", now=NOW, current_year=NOW.year)
    return report


_FIRST = (
    "An", "Bình", "Cẩm", "Đông", "Giao", "Hòa", "Khánh", "Lương", "Mỹ", "Nghĩa", "Phúc", "Quý", "Tân", "Vạn", "Yên",
)  # fmt: skip
_LAST = (
    "Đức", "Hạnh", "Lâm", "Lộc", "Minh", "Ngọc", "Phong", "Sơn", "Thạch", "Thịnh", "Trung", "Vĩnh",
    "Xuân", "Ước", "Ứng", "Ổn",
)  # fmt: skip


def invented_communes(count: int = 230) -> list[UnitRow]:
    """Communes with invented names of the usual shape, spread over the ten districts of the default directory."""
    districts = [r.code for r in read_units((DATA / "units-2010.csv").read_bytes()) if r.level == "district"]
    names = [f"{first} {last}" for first, last in itertools.product(_FIRST, _LAST)][:count]
    if len(names) < count:
        raise ValueError(f"at most {len(_FIRST) * len(_LAST)} communes")
    rows = []
    for number, name in enumerate(names):
        kind = "Phường" if number % 33 == 0 else "Thị trấn" if number % 14 == 0 else "Xã"
        district = districts[number % len(districts)]
        rows.append(
            UnitRow(
                line=number + 2, code=f"{district}-{number:05}", level="commune", parent=district,
                name=f"{kind} {name}", short=name, name_en="", letter_symbol="", gso=f"{number:05}", seat="",
                road_km=None, drive_min=None, valid_from=date(1997, 1, 1), valid_to=None, confidence="high",
            )
        )  # fmt: skip
    return rows


def load_communes(db: Session, count: int = 230) -> Report:
    """A unit of work, after ``load_default``: ``count`` invented communes, each with hall, line and endpoint."""
    return import_units(
        db, invented_communes(count), on=AS_OF, actor="cli", now=NOW, mail_domain=MAIL_DOMAIN, equip=("commune",)
    )


def fill(database: Database) -> None:
    """Load the default directory into an empty database."""
    database.write_now(load_default)
