"""Units, rooms, lines and people changed by hand, and the directory read as a whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from confsvc.database import Database
from rooms.directory import Branch, search, tree
from rooms.errors import Invalid, NotFound
from rooms.history import import_history
from rooms.models import Change
from rooms.people import PersonWish, add_person, change_person, confirm_person, retire_person
from rooms.place_queries import RoomOn, find_person, list_contacts, list_lines, list_people, list_rooms
from rooms.places import add_line, add_room, change_line, change_room, move_room, retire_room
from rooms.queries import find_unit, list_units
from rooms.unit_files import read_history
from rooms.units import UnitWish, add_unit, change_unit, rename_unit, retire_unit
from tests.directory import DATA, MAIL_DOMAIN, NOW

DAY = date(2026, 11, 24)
BY: dict[str, Any] = {"actor": "account:1", "now": NOW}


def _wrong(act: Callable[[], object]) -> set[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        act()
    return {(e.field, e.code) for e in refused.value.errors}


def _acts(database: Database, kind: str) -> list[str]:
    query = select(Change.act).where(Change.subject_kind == kind, Change.actor == "account:1").order_by(Change.id)
    return database.read_now(lambda db: list(db.scalars(query)))


def _rooms(database: Database, code: str, on: date = DAY) -> list[RoomOn]:
    return [r for r in database.read_now(list_rooms, on) if r.unit_code == code]


def test_a_unit_is_added_whole_or_not_at_all(directory: Database) -> None:
    bad = UnitWish("s y", "town", "NOBODY", "", "x" * 61, road_km=-1)
    assert _wrong(lambda: directory.write_now(add_unit, bad, on=DAY, **BY)) == {
        ("code", "not_a_code"), ("level", "not_one_of"), ("parent", "unknown"), ("name", "required"),
        ("short", "too_long"), ("road_km", "out_of_range"),
    }  # fmt: skip
    wish = UnitWish("SNGV", "province_agency", "UBNDT", "Sở  Ngoại vụ ", "Sở Ngoại vụ", kpi_host=True)
    directory.write_now(add_unit, wish, on=DAY, mail_domain=MAIL_DOMAIN, **BY)
    unit = directory.read_now(find_unit, "SNGV", DAY)
    assert unit is not None and (unit.name, unit.kpi_host) == ("Sở Ngoại vụ", True)
    assert unit.position == max(u.position for u in directory.read_now(list_units, DAY))
    assert directory.read_now(find_unit, "SNGV", DAY - timedelta(days=1)) is None
    assert len(_rooms(directory, "SNGV")) == 1
    assert [c.mail for c in directory.read_now(list_contacts, [unit.id])] == ["sngv@bacgiang.example"]
    assert ("code", "taken") in _wrong(lambda: directory.write_now(add_unit, wish, on=DAY, **BY))
    assert _acts(directory, "unit") == ["added", "equipped"]


def test_a_unit_is_renamed_changed_and_retired_from_a_day(directory: Database) -> None:
    def rename(name: str, on: date) -> None:
        directory.write_now(rename_unit, "SYT", name, name, "", on=on, **BY)

    def retire(**more: Any) -> None:
        directory.write_now(retire_unit, "SYT", last_day=DAY, **BY, **more)

    rename("Sở Y tế và Dân số", DAY)
    rename("Sở Y tế mới", DAY)
    assert _wrong(lambda: rename("X", DAY - timedelta(days=1))) == {("on", "later_exists")}
    names = [directory.read_now(find_unit, "SYT", on) for on in (DAY - timedelta(days=1), DAY)]
    assert [u.name for u in names if u] == ["Sở Y tế", "Sở Y tế mới"]
    with pytest.raises(NotFound):
        directory.write_now(rename_unit, "NOBODY", "X", "X", "", on=DAY, **BY)

    change = UnitWish("SYT", "province_agency", "UBNDT", "-", "-", letter_symbol="SYT", seat="Bắc Giang", kpi_host=True)
    for _ in range(2):
        directory.write_now(change_unit, "SYT", change, **BY)

    assert _wrong(lambda: retire(successor="SYT")) == {("successor", "unknown")}
    hall = _rooms(directory, "SYT")[0].key
    retire(successor="SNV")
    assert directory.read_now(find_unit, "SYT", DAY + timedelta(days=1)) is None
    assert hall in {r.key for r in _rooms(directory, "SNV", DAY + timedelta(days=1))}
    assert _wrong(retire) == {("last_day", "outside_life")}
    assert _acts(directory, "unit") == ["renamed", "renamed", "changed", "retired"]


def test_rooms_and_lines(directory: Database) -> None:
    heard: list[set[str]] = []
    directory.on_poke = heard.append
    assert _wrong(lambda: directory.write_now(add_line, "NOBODY", "", on=DAY, kbps_up=0, **BY)) == {
        ("unit", "unknown"), ("name", "required"), ("kbps_up", "out_of_range"),
    }  # fmt: skip
    line = directory.write_now(add_line, "HHOA", "ADSL", on=DAY, **BY)
    directory.write_now(change_line, line, "ADSL", kbps_up=640, kbps_down=4096, **BY)
    key = directory.write_now(add_room, "HHOA", "Hội trường nhỏ", on=DAY, line_id=line, **BY)
    (small,) = [r for r in _rooms(directory, "HHOA") if r.key == key]
    assert (small.kbps_up, small.endpoint_key is not None) == (640, True)
    assert _wrong(lambda: directory.write_now(change_room, key, "", line_id=line, backup_line_id=line, **BY)) == {
        ("backup_line", "same"),
        ("name", "required"),
    }
    directory.write_now(change_room, key, "Phòng họp số 2", line_id=None, backup_line_id=line, **BY)
    assert _wrong(lambda: directory.write_now(move_room, key, "SDONG", on=DAY, **BY)) == {("on", "later_exists")}
    later = DAY + timedelta(days=10)
    directory.write_now(move_room, key, "SDONG", on=later, **BY)
    assert key in {r.key for r in _rooms(directory, "HHOA", later - timedelta(days=1))}
    assert key in {r.key for r in _rooms(directory, "SDONG", later)}
    directory.write_now(retire_room, key, **BY)
    assert key not in {r.key for r in directory.read_now(list_rooms, DAY)}
    with pytest.raises(NotFound):
        directory.write_now(retire_room, key, **BY)
    assert _acts(directory, "room") == ["added", "changed", "moved", "retired"]
    assert len({topic for topics in heard for topic in topics}) == 1
    assert line in [row.id for row in directory.read_now(lambda db: list_lines(db, [small.unit_id]))]


def test_people_and_contacts(directory: Database) -> None:
    assert _wrong(
        lambda: directory.write_now(
            add_person, PersonWish("NOBODY", "", "not a mail", phone="call me", language="fr"), on=DAY, **BY
        )
    ) == {("unit", "unknown"), ("name", "required"), ("mail", "not_mail"), ("phone", "not_phone"),
          ("language", "not_one_of")}  # fmt: skip
    wish = PersonWish("HHOA", "Đặng Văn Ân", "An.Dang@Bacgiang.example", is_contact=True)
    person_id = directory.write_now(add_person, wish, on=DAY, **BY)
    assert _wrong(lambda: directory.write_now(add_person, wish, on=DAY, **BY)) == {("mail", "taken")}
    assert _wrong(lambda: directory.write_now(add_person, PersonWish("HHOA", "X", is_contact=True), on=DAY, **BY)) == {
        ("mail", "required")
    }
    directory.write_now(confirm_person, person_id, **BY)
    person = directory.read_now(find_person, person_id)
    assert person is not None and (person.mail, person.confirmed) == ("an.dang@bacgiang.example", True)
    other = PersonWish("HHOA", "Đặng Văn Ân", "an@bacgiang.example", is_contact=True)
    directory.write_now(change_person, person_id, other, on=DAY, **BY)
    person = directory.read_now(find_person, person_id)
    assert person is not None and person.confirmed is False
    directory.write_now(retire_person, person_id, **BY)
    assert person_id not in {p.id for p in directory.read_now(lambda db: list_people(db, search="an"))}
    with pytest.raises(NotFound):
        directory.write_now(confirm_person, person_id, **BY)
    assert _acts(directory, "person") == ["added", "confirmed", "changed", "retired"]


def test_search_finds_without_accents(directory: Database) -> None:
    hits = directory.read_now(search, "hiep hoa", DAY)
    assert {(h.kind, h.at) for h in hits} == {("unit", "Hiệp Hòa"), ("room", "Hiệp Hòa"), ("person", "Hiệp Hòa")}
    assert [h.key for h in directory.read_now(search, "SDONG", DAY)][:1] == ["SDONG"]
    assert directory.read_now(search, "  ", DAY) == []
    assert directory.read_now(search, "100%_", DAY) == []


def _codes(branch: Branch) -> dict[str, Any]:
    return {branch.unit.code: [_codes(child) if child.below else child.unit.code for child in branch.below]}


def test_the_tree_of_a_day(directory: Database) -> None:
    (top,) = directory.read_now(tree, DAY)
    assert top.unit.code == "BG" and [b.unit.code for b in top.below][:2] == ["UBNDT", "TPBG"]
    assert len(top.below[0].below) == 23
    (only,) = [directory.read_now(lambda db: tree(db, DAY, levels=("province", "province_agency")))]
    assert len(_codes(only[0])["BG"]) == 23
    rows = read_history((DATA / "units-history.csv").read_bytes())
    directory.write_now(import_history, rows, mail_domain=MAIL_DOMAIN, **BY)
    (after,) = directory.read_now(tree, DAY)
    assert (after.unit.code, [b.unit.code for b in after.below]) == ("BN2025", ["UBNDT"])
