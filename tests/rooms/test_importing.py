"""The default directory, read from its file."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.errors import Invalid
from rooms.history import import_history
from rooms.importing import import_units
from rooms.models import Change, Endpoint, Line, Person, Room, RoomUnit, Unit
from rooms.place_queries import list_contacts, list_rooms
from rooms.queries import find_by_ext_id, find_successor, find_unit, list_names, list_units
from rooms.unit_files import read_history, read_units
from scheduler.record.goal_queries import find_goal, find_scope
from scheduler.record.goals import add_commune_scope, add_default_goals
from tests.directory import AS_OF, DATA, MAIL_DOMAIN, NOW, load_communes, load_default

UNITS = (DATA / "units-2010.csv").read_bytes()
HISTORY = (DATA / "units-history.csv").read_bytes()
TODAY = date(2026, 11, 24)


def _count(db: Session, table: type) -> int:
    return db.scalar(select(func.count()).select_from(table)) or 0


def _reform(database: Database) -> None:
    rows = read_history(HISTORY)
    database.write_now(import_history, rows, actor="cli", now=NOW, mail_domain=MAIL_DOMAIN)


def test_the_default_directory_is_whole(directory: Database) -> None:
    def look(db: Session) -> None:
        units = list_units(db, TODAY)
        assert [u.level for u in units] == ["province", "province_body"] + ["province_agency"] * 23 + ["district"] * 10
        assert units[0].valid_to is None
        assert [_count(db, table) for table in (Room, RoomUnit, Line, Endpoint, Person)] == [34] * 5
        rooms = list_rooms(db, TODAY)
        assert [r.unit_code for r in rooms] == [u.code for u in units if u.level != "province"]
        assert {(r.kbps_up, r.paired_at, r.endpoint_key is None) for r in rooms} == {(None, None, False)}
        assert len({r.key for r in rooms}) == 34
        contacts = list_contacts(db, [u.id for u in units])
        assert {c.mail for c in contacts} >= {"stttt@bacgiang.example", "hhoa@bacgiang.example"}
        assert not any(c.confirmed for c in contacts)
        assert sum(u.kpi_host for u in units) == 24
        district = find_by_ext_id(db, "gso", "215", TODAY)
        assert district is not None and (district.code, district.road_km) == ("YTHE", 28)
        assert find_unit(db, "YTHE", date(1996, 12, 31)) is None

    directory.read_now(look)


def test_goals_are_rows_and_no_year_is_invented(directory: Database) -> None:
    def look(db: Session) -> None:
        goals = {year: find_goal(db, year) for year in (2011, 2012, 2015, 2016, 2026)}
        found = {year: (g.numerator, g.denominator) for year, g in goals.items() if g}
        assert found == {2012: (7, 10), 2015: (7, 10), 2026: (7, 10)}
        scope = find_scope(db, TODAY)
        assert scope is not None and scope.counterpart_level == "district"

    directory.read_now(look)


def test_importing_again_changes_nothing(directory: Database) -> None:
    before = directory.read_now(_count, Change)
    report = directory.write_now(load_default)
    assert (report.added, report.changed, len(report.unchanged)) == ([], [], 35)
    assert directory.read_now(_count, Change) == before


def test_a_dry_run_says_and_does_not(database: Database) -> None:
    rows = read_units(UNITS)
    report = database.write_now(
        import_units, rows, on=AS_OF, actor="cli", now=NOW, mail_domain=MAIL_DOMAIN, dry_run=True
    )
    assert len(report.added) == 35
    assert database.read_now(_count, Unit) == 0


def test_a_changed_file_renames_from_its_day(directory: Database) -> None:
    text = UNITS.decode().replace("Huyện Việt Yên,", "Thị xã Việt Yên,").replace("thị trấn Neo", "Nham Biền")
    rows, day = read_units(text.encode()), date(2024, 2, 1)
    for dry_run in (True, False):
        report = directory.write_now(
            import_units, rows, on=day, actor="cli", now=NOW, mail_domain=MAIL_DOMAIN, dry_run=dry_run
        )
        assert report.changed == ["YDUNG", "VYEN"]

    def look(db: Session) -> None:
        names = [find_unit(db, "VYEN", on) for on in (date(2024, 1, 31), day)]
        assert [n.name for n in names if n] == ["Huyện Việt Yên", "Thị xã Việt Yên"]
        seat = find_unit(db, "YDUNG", day)
        assert seat is not None and seat.seat == "Nham Biền"

    directory.read_now(look)


def test_the_reforms_are_applied_once(directory: Database) -> None:
    halls = directory.read_now(lambda db: {r.unit_code: r.key for r in list_rooms(db, date(2024, 1, 1))})
    _reform(directory)
    changes = directory.read_now(_count, Change)
    _reform(directory)
    assert directory.read_now(_count, Change) == changes
    directory.read_now(_look_at_reforms, halls)


def _look_at_reforms(db: Session, halls: dict[str, str]) -> None:
    def districts(on: date) -> list[str]:
        return [u.name for u in list_units(db, on, levels=("district",))]

    assert len(districts(date(2024, 12, 31))) == 10
    assert len(districts(date(2025, 1, 1))) == 10
    assert "Thị xã Chũ" in districts(date(2025, 1, 1))
    assert "Huyện Yên Dũng" not in districts(date(2025, 1, 1))
    assert "Thị xã Việt Yên" in districts(date(2024, 2, 1))
    assert districts(date(2025, 7, 1)) == []

    held = {r.key: r.unit_code for r in list_rooms(db, date(2025, 3, 1))}
    assert held[halls["YDUNG"]] == "TPBG"  # the hall survives its office
    assert held[halls["SNN"]] == held[halls["STNMT"]] == "SNNMT"
    assert held[halls["BDT"]] == "SDTTG"
    assert sorted(held.values()).count("CHU") == 1

    ministry = find_unit(db, "SNN", date(2025, 2, 28))
    assert ministry is not None and find_unit(db, "SNN", date(2025, 3, 1)) is None
    heir = find_unit(db, "SNNMT", date(2025, 3, 1))
    assert heir is not None and heir.kpi_host and find_successor(db, ministry.id, date(2025, 3, 1)) == heir.id
    assert find_successor(db, ministry.id, date(2025, 2, 28)) == ministry.id
    assert heir.short == "Sở NN&MT"
    assert list_names(db, [ministry.id], date(2026, 1, 1))[ministry.id].short == "Sở NN&PTNT"
    assert find_by_ext_id(db, "gso", "24", date(2025, 7, 1)) is None


def test_with_the_reforms_communes_become_the_counterpart(directory: Database) -> None:
    assert directory.write_now(add_commune_scope, actor="cli", now=NOW) is True
    assert directory.write_now(add_commune_scope, actor="cli", now=NOW) is False
    directory.write_now(add_default_goals, actor="cli", now=NOW, current_year=2026)

    def levels(db: Session) -> list[str]:
        scopes = [find_scope(db, on) for on in (date(2025, 6, 30), date(2025, 7, 1))]
        return [scope.counterpart_level for scope in scopes if scope]

    assert directory.read_now(levels) == ["district", "commune"]


def test_a_reform_that_does_not_fit_names_its_line(directory: Database) -> None:
    lines = ("NOBODY,2025-02-28,STC,,merge,high", "SYT,2007-01-01,STC,,merge,high")
    text = "\n".join(("from_code,last_day,to_code,to_name,kind,confidence", *lines))
    with pytest.raises(Invalid) as refused:
        directory.write_now(import_history, read_history(text.encode()), actor="cli", now=NOW, mail_domain=MAIL_DOMAIN)
    assert {e.field for e in refused.value.errors} == {"2.from_code", "3.last_day", "3.successor"}


def test_a_tree_of_230_communes(directory: Database) -> None:
    assert len(directory.write_now(load_communes).added) == 230
    rooms = directory.read_now(lambda db: list_rooms(db, TODAY))
    assert len(rooms) == 34 + 230


_HEADER = b"code,level,parent,name_vi"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (b"\xfe\xff\x00", {("file", "not_utf8")}),
        (b"code,level\n", {("1.parent", "missing_column"), ("1.name_vi", "missing_column")}),
        (_HEADER + b",colour\n", {("1.colour", "unknown_column")}),
        (
            _HEADER + b"\na b,town,,\n",
            {("2.code", "not_a_code"), ("2.level", "not_one_of"), ("2.name_vi", "required")},
        ),
        (
            _HEADER + b"\nA,district,,X\nA,district,,Y\nB,district\n",
            {("3.code", "twice"), ("4.columns", "wrong_count")},
        ),
        (
            _HEADER + b",road_km,valid_from\nA,district,,X,9999,2010-02-30\n",
            {("2.road_km", "out_of_range"), ("2.valid_from", "not_a_date")},
        ),
        (_HEADER + b"A" * 1_000_001, {("file", "too_large")}),
    ],
)
def test_every_wrong_field_of_a_file_is_named(text: bytes, wrong: set[tuple[str, str]]) -> None:
    with pytest.raises(Invalid) as refused:
        read_units(text)
    assert {(e.field, e.code) for e in refused.value.errors} == wrong


def test_parents_must_exist_and_make_no_circle(directory: Database) -> None:
    def add(text: str) -> Invalid:
        rows = read_units(f"code,level,parent,name_vi\n{text}".encode())
        with pytest.raises(Invalid) as refused:
            directory.write_now(import_units, rows, on=AS_OF, actor="cli", now=NOW, mail_domain=MAIL_DOMAIN)
        return refused.value

    assert [(e.field, e.code) for e in add("X,commune,NONE,X\n").errors] == [("2.parent", "unknown")]
    assert [e.code for e in add("X,commune,Y,X\nY,commune,X,Y\n").errors] == ["circle", "circle"]
    assert [e.field for e in add("SYT,district,BG,Sở Y tế\n").errors] == ["2.level"]
