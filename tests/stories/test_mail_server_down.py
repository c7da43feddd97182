"""The mail server is down all day and comes back at five: only the last word arrives, and only where it still helps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from integrations.calendar.lint import lint
from scheduler.models import Conference, Effect
from tests.fakes.jitsi import until
from tests.fakes.service import Service
from tests.fakes.smtp_sink import Received
from tests.stories.day import local

SLOWLY = timedelta(minutes=30)
KNOWN, CHANGED, CANCELLED, TODAY = "Đã mời từ trước", "Sẽ đổi giờ", "Sẽ hủy", "Họp ngay hôm nay"
TOMORROW = {"starts": local(24, 14), "ends": local(24, 15)}


def _calendar(letter: Received) -> str:
    (part,) = [p for p in letter.message.walk() if p.get_content_type() == "text/calendar"]
    ics: bytes = part.get_payload(decode=True)  # type: ignore[assignment]
    assert lint(ics, method=str(part.get_param("method")), recipient=letter.recipients[0]) == []
    return ics.decode()


def _title(letter: Received) -> str:
    return next(title for title in (CHANGED, CANCELLED, TODAY, KNOWN) if title in str(letter.message["Subject"]))


async def _act(service: Service, method: str, made: Any, act: str = "", **body: Any) -> None:
    made |= await service.api(method, f"/conferences/{made['key']}{act}", {"version": made["version"], **body})


async def _states(service: Service, made: Any) -> list[str]:
    (row,) = await service.rows(Conference, Conference.key == made["key"])
    owed = await service.rows(Effect, Effect.conference_id == row.id, Effect.kind != "reminder")
    return [effect.state for effect in owed]


async def test_only_the_last_word_arrives(service: Service) -> None:
    known = await service.book("STTTT", "YTHE", title=KNOWN, **TOMORROW)
    await service.settle()
    assert len(service.sink.received) == 2
    await service.sink.stop()

    changed = await service.book("STTTT", "HHOA", title=CHANGED, starts=local(24, 8), ends=local(24, 9))
    cancelled = await service.book("UBNDT", "LNGAN", title=CANCELLED, **TOMORROW)
    today = await service.book("TPBG", "VYEN", title=TODAY, starts=local(23, 10), ends=local(23, 11))
    await service.move_to(local(23, 9), stride=SLOWLY)
    await _deferred(service, changed)

    await _act(service, "PATCH", changed, starts=local(24, 9).isoformat(), ends=local(24, 10).isoformat())
    await _act(service, "POST", cancelled, "/cancel", reason="Trùng lịch của Chủ tịch")
    await _act(service, "PATCH", known, title=f"{KNOWN}, đổi tên")
    await _act(service, "POST", known, "/cancel", reason="Không còn cần họp")
    await service.move_to(local(23, 17), stride=SLOWLY)
    assert len(service.sink.received) == 2
    assert await _states(service, today) == ["expired", "expired", "done"]

    await service.sink.start()
    await service.move_to(local(23, 18, 30), stride=SLOWLY)
    await _arrived(service, changed, cancelled, today, known)


async def _deferred(service: Service, made: Any) -> None:
    """The organiser can see that nothing has left, why, and when it is tried again."""
    shown = await service.page(made["url"])
    assert "0/2 đã gửi" in shown and shown.count("Sẽ gửi lại") == 2
    assert "2 người chưa nhận được thư; cần báo qua điện thoại" in shown
    assert f"127.0.0.1:{service.sink.port}" in await service.page("/outbox")
    (row,) = await service.rows(Conference, Conference.key == made["key"])
    for effect in await service.rows(Effect, Effect.conference_id == row.id):
        assert effect.state == "owed" and effect.attempts >= 3 and not effect.maybe
        assert effect.last_error
        assert timedelta(0) < effect.due - service.clock() <= timedelta(hours=1)


async def _arrived(service: Service, changed: Any, cancelled: Any, today: Any, known: Any) -> None:
    late = service.sink.received[2:]
    entries = {(letter.recipients[0].split("@")[0], _title(letter)): _calendar(letter) for letter in late}
    assert len(late) == 4
    assert set(entries) == {("stttt", CHANGED), ("hhoa", CHANGED), ("stttt", KNOWN), ("ythe", KNOWN)}
    for (_, title), entry in entries.items():
        assert f"METHOD:{'REQUEST' if title == CHANGED else 'CANCEL'}\r\n" in entry
        assert f"SEQUENCE:{1 if title == CHANGED else 2}\r\n" in entry
        assert ("DTSTART;TZID=Asia/Ho_Chi_Minh:20261124T090000" in entry) == (title == CHANGED)
    assert await _states(service, changed) == ["superseded", "superseded", "done", "done"]
    assert await _states(service, cancelled) == ["superseded", "superseded", "needless", "needless"]
    assert await _states(service, known) == ["done", "done", "superseded", "superseded", "done", "done"]


async def test_the_line_to_the_mail_server_is_closed_at_the_end(service: Service) -> None:
    await service.book("STTTT", "YTHE", **TOMORROW)
    await service.settle()
    (line,) = service.sink._open
    assert not line.is_closing()
    await service.stop()
    await until(line.is_closing)
