"""Folding and order of Vietnamese names."""

from __future__ import annotations

import unicodedata

import pytest

from rooms.names import search_key, sort_key, tidy


@pytest.mark.parametrize("written", ["Hiệp Hòa", "Hiệp Hoà", "HIỆP  HÒA", unicodedata.normalize("NFD", "Hiệp Hòa")])
def test_search_folds_case_accents_and_spellings(written: str) -> None:
    assert search_key(written) == "hiep hoa"


def test_search_folds_d_with_a_stroke() -> None:
    assert search_key("Đồi Ngô", "ĐTT") == "doi ngo dtt"


def test_names_are_stored_composed() -> None:
    assert tidy(" Sở\tY  tế\n") == "Sở Y tế"
    assert tidy(unicodedata.normalize("NFD", "Sở")) == "Sở"


def test_people_are_sorted_by_given_name() -> None:
    ordered = [
        "Nguyễn Văn An", "Trần Ân", "Lê Dũng", "Bùi Đức", "Lê Thị Hoa", "Lê Thị Hòa", "Đỗ Hoàng", "Phạm Oanh", "Hà Ơn",
        "Nguyễn An Tú", "Nguyễn Ân Tú",
    ]  # fmt: skip
    assert sorted(sorted(ordered), key=sort_key) == ordered
    assert sort_key("") == "00"
    assert sort_key("Nguyễn Văn An").isascii() and sort_key("Ng. V. An 2").isalnum()
