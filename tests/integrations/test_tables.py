"""Tables from outside: what spreadsheets write is read, and what is hostile is refused before it grows."""

from __future__ import annotations

import io
import re
import time
import zipfile
from datetime import date, datetime
from datetime import time as clock

import pytest
from openpyxl import Workbook

from integrations.documents.sheets import write_csv, write_xlsx
from integrations.documents.tables import MOST_BYTES, MOST_PARTS, MOST_ROWS, read_table
from integrations.errors import Refused

FORMULAS = ["=1+1", "+84", "-1", "@x", "'=quoted", "''-twice", "'plain", "an ordinary cell"]
INSIDE = ["Họp;=1+1", "Họp\n@x", "Họp; - hai", "a;'+b;;=c", "Họp\n- một\r\n'-hai", "Họp\t=1", "a,=b"]


def refused(data: bytes) -> str:
    began = time.perf_counter()
    with pytest.raises(Refused) as caught:
        read_table(data)
    assert time.perf_counter() - began < 5
    return caught.value.reason


def book(*sheets: list[list[object]]) -> bytes:
    made = Workbook()
    made.remove(made.active)
    for number, rows in enumerate(sheets):
        sheet = made.create_sheet(f"s{number}")
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_csv_of_every_kind_is_read(mark: bytes, sign: str) -> None:
    text = f'Ngày{sign}Tên\r\n05/01/2027{sign}"Giao ban{sign} ""tháng"""\r\n\r\n{sign}\r\n'
    assert read_table(mark + text.encode()) == [(1, ("Ngày", "Tên")), (2, ("05/01/2027", f'Giao ban{sign} "tháng"'))]


def test_formulas_leave_as_text_and_come_back_the_same() -> None:
    written = write_csv([["a"] * len(FORMULAS), FORMULAS])
    second = written.decode("utf-8-sig").splitlines()[1].split(",")
    assert [cell[:2] for cell in second[:5]] == ["'=", "'+", "'-", "'@", "''"] and second[6] == "'plain"
    assert read_table(written)[1][1] == tuple(FORMULAS)
    assert read_table(write_xlsx([("Plan", [["a"], FORMULAS], [10])]))[1][1] == tuple(FORMULAS)


def test_no_cell_begins_with_a_formula_for_a_spreadsheet_that_cuts_at_semicolons() -> None:
    """Excel in Vietnamese does, and quotes within its cells mean nothing to it."""
    written = write_csv([["a", "b"], *(["x", cell] for cell in INSIDE)])
    cells = re.split("[;\\t\\r\\n]", written.decode("utf-8-sig").replace('"', ""))
    assert not [cell for cell in cells if cell[:1] and cell[0] in "=+-@"]
    assert [cells[1] for _, cells in read_table(written)[1:]] == INSIDE


def test_cells_of_a_workbook_become_what_people_read() -> None:
    both = datetime.combine(date(2027, 1, 5), clock(17))
    data = book([["x"], [date(2027, 1, 5), clock(8, 30), both, 12.0, 1.5, None, "=SUM(A1)"]])
    shown = ("05/01/2027", "08:30", "17:00 05/01/2027", "12", "1.5", "", "=SUM(A1)")
    assert read_table(data)[1] == (2, shown)


def test_only_the_first_sheet_counts() -> None:
    assert read_table(book([["first"]], [["second"]])) == [(1, ("first",))]


def bomb(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_what_is_too_large_is_refused() -> None:
    assert refused(b"a," * MOST_BYTES) == "too_large"
    assert refused(b"x\n" * (MOST_ROWS + 1)) == "too_many_rows"
    assert refused(b"x," * 50) == "too_large"
    assert refused(b"x" * 5000) == "too_large"
    assert refused(b"x" + b"," * (MOST_BYTES - 2) + b"x") == "too_large"
    assert refused(b"\n" * MOST_BYTES) == "too_many_rows"
    assert refused(book([["x"]] * (MOST_ROWS + 1))) == "too_many_rows"
    assert refused(book(*[[["x"]]] * 21)) == "too_large"
    assert refused(bomb({f"x{n}": b"" for n in range(MOST_PARTS + 1)})) == "too_large"
    assert refused(bomb({"xl/worksheets/sheet1.xml": b"\0" * 100_000_000})) == "too_large"
    assert refused(bomb({"a": b"x" * 200_000})[:5000]) == "not_a_plan_file"


def test_a_head_that_lies_about_its_size_does_not_grow() -> None:
    """zipfile gives no more than the head says, and then misses the rest."""
    data = bytearray(bomb({"xl/workbook.xml": b"a" * 3_000_000}))
    true, small = (3_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little")
    assert refused(bytes(data).replace(true, small)) == "not_a_plan_file"


def test_entities_and_broken_files_are_refused() -> None:
    laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><x>&a;</x>'
    assert refused(bomb({"xl/workbook.xml": laughs})) == "not_a_plan_file"
    assert refused(bomb({"xl/workbook.xml": "<x/>".encode("utf-16")})) == "not_a_plan_file"
    assert refused(bomb({"[Content_Types].xml": b"<a>" * 100_000})) == "not_a_plan_file"
    assert refused(bomb({"hello.txt": b"hello"})) == "not_a_plan_file"
    assert refused(b"PK\x03\x04 no archive") == "not_a_plan_file"


@pytest.mark.parametrize("coding", ["utf-8", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_entities_are_found_in_parts_of_any_name_and_coding(coding: str) -> None:
    """Small as a file, they became gigabytes: the archive may call a sheet whatever it likes."""
    laughs = f'<!DOCTYPE x [<!ENTITY a "{"a" * 1_000_000}">]><x>{"&a;" * 90}</x>'
    with zipfile.ZipFile(io.BytesIO(book([["x"]]))) as made:
        parts = {part: made.read(part).replace(b"sheet1.xml", b"sheet1.dat") for part in made.namelist()}
    del parts["xl/worksheets/sheet1.xml"]
    assert refused(bomb({**parts, "xl/worksheets/sheet1.dat": laughs.encode(coding)})) == "not_a_plan_file"


def test_a_line_of_two_million_empty_cells_is_an_empty_line() -> None:
    began = time.perf_counter()
    assert read_table(b"," * MOST_BYTES) == []
    assert time.perf_counter() - began < 5


def test_a_row_far_below_costs_nothing() -> None:
    made = Workbook()
    made.active["A1048576"] = "far"
    out = io.BytesIO()
    made.save(out)
    assert refused(out.getvalue()) == "too_many_rows"


def test_binary_and_other_encodings_are_refused() -> None:
    assert refused("Ngày".encode("utf-16")) == "not_utf8"
    assert refused(bytes(range(256))) == "not_utf8"
    assert refused(b"a\0b,c") == "not_csv"
    assert refused(b'a,"b') == "not_csv"
