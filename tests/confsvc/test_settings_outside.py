"""Mistakes in what may be called outside, each with where it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from confsvc.config import Settings
from confsvc.settings_outside import outside_mistakes

SMS: dict[str, Any] = {"url": "https://sms.example.vn/send"}
ALLOW = {"allow": ["sms.example.vn", "10.0.0.0/8"]}


def mistakes(**sections: Any) -> list[str]:
    return [mistake.where for mistake in outside_mistakes(Settings(**sections))]


def test_nothing_configured_is_in_order() -> None:
    assert mistakes() == []
    assert mistakes(outside=ALLOW, channels={"sms": SMS}) == []


@pytest.mark.parametrize(
    ("sms", "where"),
    [
        ({"url": "https://other.example/x"}, "channels.sms.url"),
        ({"fields": {"to": "{phone}", "text": "{txt}"}}, "channels.sms.fields"),
        ({"fields": {"to": "{phone}"}}, "channels.sms.fields"),
        ({"headers": {"Authorization": "{secret}"}}, "channels.sms.secret_file"),
        ({"ok_pattern": "(("}, "channels.sms.ok_pattern"),
    ],
)
def test_a_channel_that_could_not_work(sms: dict[str, Any], where: str) -> None:
    assert where in mistakes(outside=ALLOW, channels={"sms": SMS | sms})


def test_entries_secrets_and_files(tmp_path: Path) -> None:
    assert mistakes(outside={"allow": ["not a host!"]}) == ["outside.allow"]
    assert mistakes(outside={"ca_file": tmp_path / "none"}) == ["outside.ca_file"]
    alarm = {"url": "http://10.1.1.1/x"}
    assert mistakes(outside=ALLOW, channels={"webhook": alarm}) == ["channels.webhook.secret_file"]
    secret = tmp_path / "s"
    secret.write_text("k" * 32)
    assert mistakes(outside=ALLOW, channels={"webhook": alarm | {"secret_file": secret}}) == []
