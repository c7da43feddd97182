"""The log of changes: who, what, before and after in words; its cursor; the export."""

from __future__ import annotations

import csv
import io
import re

import httpx
import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from rooms.changes import add_change
from rooms.models import Change
from rooms.queries import find_unit_row
from rooms.units import rename_unit
from tests.confsvc.conftest import Service


async def _auditor(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("auditor", "auditor", unit="STTTT", at=None))


def _text(page: httpx.Response) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page.text).split())


def _rename(service: Service) -> int:
    def work(db) -> int:  # type: ignore[no-untyped-def]
        rename_unit(db, "SNV", "Sở Nội vụ mới", "Sở NV", "", on=service.now.date(), actor="account:1", now=service.now)
        row = find_unit_row(db, "SNV")
        assert row is not None
        return row.id

    return service.database.write_now(work)


async def test_a_change_is_told_in_words_with_before_and_after(service: Service) -> None:
    auditor = await _auditor(service)
    unit_id = _rename(service)
    page = await auditor.get("/audit", params={"subject": f"unit:{unit_id}"})
    text = _text(page)
    assert "08:00:00 24/11/2026 Người auditor Đổi tên Đơn vị: Sở Nội vụ mới" in text
    assert "Tên: Sở Nội vụ → Sở Nội vụ mới" in text
    assert 'href="/directory/units/SNV"' in page.text


async def test_the_log_is_narrowed_by_actor_day_and_words(service: Service) -> None:
    auditor = await _auditor(service)
    _rename(service)
    assert "Sở Nội vụ mới" in _text(await auditor.get("/audit", params={"q": "nội vụ mới", "subject": "unit"}))
    assert "Không có thay đổi nào" in _text(await auditor.get("/audit", params={"actor": "account:99"}))
    assert "Không có thay đổi nào" in _text(await auditor.get("/audit", params={"from": "25/11/2026"}))
    assert "Đổi tên" in _text(await auditor.get("/audit", params={"from": "24/11/2026", "to": "24/11/2026"}))
    assert (await auditor.get("/audit", params={"subject": "nothing"})).status_code == 404
    assert (await auditor.get("/audit", params={"before": "x"})).status_code == 404


async def test_the_cursor_shows_every_change_once(service: Service) -> None:
    auditor = await _auditor(service)
    seen: list[str] = []
    address = "/audit?subject=unit"
    while address:
        page = await auditor.get(address)
        seen += re.findall(r'href="/directory/units/([A-Z]+)"', page.text)
        following = re.search(r'rel="next" href="([^"]*)"', page.text)
        address = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == 35 + 34, "each office was added, all but the province were equipped"


async def test_the_export_opens_in_a_spreadsheet_and_runs_nothing(service: Service) -> None:
    auditor = await _auditor(service)
    service.database.write_now(
        lambda db: add_change(db, "unit", 1, "changed", actor="account:1", now=service.now, reason="=HYPERLINK(1)")
    )
    answer = await auditor.get("/audit.csv", params={"subject": "unit"})
    assert answer.content.startswith(b"\xef\xbb\xbf") and "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0]["reason"] == "'=HYPERLINK(1)" and rows[0]["name"] == "Người auditor"
    assert len(rows) == 70


@pytest.mark.parametrize("function", ["booker", "operator", "leader", "reporter"])
async def test_the_log_is_for_auditors_and_administrators(service: Service, function: str) -> None:
    other = await service.browser(service.account("other", function, unit="STTTT", at=None))
    assert (await other.get("/audit")).status_code == 403
    assert (await other.get("/audit.csv")).status_code == 403


async def test_an_auditor_of_one_office_does_not_read_everybodys_log(service: Service) -> None:
    auditor = await service.browser(service.account("auditor", "auditor", unit="STTTT"))
    assert (await auditor.get("/audit")).status_code == 403


def test_the_log_itself_cannot_be_changed(service: Service) -> None:
    with pytest.raises(IntegrityError):
        service.database.write_now(lambda db: db.execute(update(Change).values(act="nothing")) and None)
