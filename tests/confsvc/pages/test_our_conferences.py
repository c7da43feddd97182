"""The meetings of one's own office: what it hosts and where it takes part, at one click in the menu."""

from __future__ import annotations

from datetime import timedelta

from confsvc.web import keys
from tests.confsvc.conftest import Service
from tests.confsvc.pages import scenes


async def test_only_what_the_office_hosts_or_takes_part_in(service: Service) -> None:
    rules = service.app[keys.RULES]
    wanted = (("STTTT", ("STTTT", "HHOA")), ("SNV", ("SNV", "STTTT")), ("SNV", ("SNV", "HHOA")))
    for n, (host, codes) in enumerate(wanted):
        starts = service.now + timedelta(days=6, hours=3 * n)
        title = f"Cuộc họp số {n}"
        service.database.write_now(scenes.booked, host, codes, starts, now=service.now, rules=rules, title=title)
    operator = await service.browser(service.account("operator", "operator", unit="STTTT", at=None))
    every = (await operator.get("/conferences")).text
    ours = (await operator.get("/our-conferences")).text
    assert [f"Cuộc họp số {n}" in every for n in range(3)] == [True, True, True]
    assert [f"Cuộc họp số {n}" in ours for n in range(3)] == [True, True, False]
    assert 'href="/our-conferences?when=past"' in ours and 'action="/our-conferences"' in ours, "filters stay within"
    assert "Cuộc họp của cơ quan tôi" in ours and 'href="/our-conferences" aria-current="page"' in ours
    nobody = await service.browser(service.account("admin", "operator", unit=None, at=None))
    page = (await nobody.get("/our-conferences")).text
    assert "Cuộc họp số 0" not in page and "Họp của cơ quan tôi" not in page
