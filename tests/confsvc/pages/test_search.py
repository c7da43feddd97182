"""One box over meetings, offices, rooms and people, whatever case and accents; other offices' meetings stay theirs."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest

from confsvc.web import keys
from tests.confsvc.conftest import Service
from tests.confsvc.pages.scenes import booked


def _book(service: Service, host: str, title: str, **more: bool) -> str:
    starts = service.now + timedelta(days=2, hours=5 * (host == "SYT"))
    return service.database.write_now(
        booked, host, (host, "HHOA"), starts, now=service.now, rules=service.app[keys.RULES], title=title, **more
    ).key


async def _find(client: httpx.AsyncClient, q: str) -> httpx.Response:
    page = await client.get("/search", params={"q": q})
    assert page.status_code == 200
    return page


@pytest.mark.parametrize("q", ["hiep hoa", "HIỆP HÒA", "Hiệp Hoà", "  hiệp   hoa "])
async def test_case_and_accents_do_not_matter(service: Service, q: str) -> None:
    leader = await service.browser(service.account("leader", "leader", unit="STTTT", at=None))
    page = await _find(leader, q)
    for heading in ("Cơ quan, đơn vị", "Phòng họp", "Người"):
        assert re.search(rf"<h2[^>]*>{heading} <span class=\"muted num\">1</span>", page.text), heading
    assert page.text.count('href="/directory/units/HHOA"') == 3
    assert "hhoa@bacgiang.example" in page.text


async def test_d_with_a_stroke_is_found_by_d(service: Service) -> None:
    leader = await service.browser(service.account("leader", "leader", unit="STTTT", at=None))
    assert 'href="/directory/units/SDONG"' in (await _find(leader, "son dong")).text


async def test_meetings_of_other_offices_stay_theirs(service: Service) -> None:
    own, other = _book(service, "STTTT", "Tập huấn chữ ký số"), _book(service, "SYT", "Chữ ký số ngành y tế")
    clerk = await service.browser(service.account("clerk", "booker", unit="STTTT"))
    text = (await _find(clerk, "chu ky so")).text
    assert (own in text, other in text) == (True, False)
    leader = await service.browser(service.account("leader", "leader", unit="STTTT", at=None))
    text = (await _find(leader, "chu ky so")).text
    assert own in text and other in text


async def test_a_draft_is_found_by_its_own_office_only(service: Service) -> None:
    draft = _book(service, "SYT", "Bản nháp chữ ký số", draft=True)
    leader = await service.browser(service.account("leader", "leader", unit="STTTT", at=None))
    assert draft not in (await _find(leader, "chu ky so")).text
    own = await service.browser(service.account("own", "booker", unit="SYT"))
    assert draft in (await _find(own, "chu ky so")).text


@pytest.mark.parametrize("q", ["", "   ", "%", "_", "'; drop table unit; --", "x" * 5000])
async def test_nonsense_finds_nothing(service: Service, q: str) -> None:
    leader = await service.browser(service.account("leader", "leader", unit="STTTT", at=None))
    assert "/directory/units/" not in (await _find(leader, q)).text
