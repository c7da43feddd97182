"""The configuration: every mistake at once, no secret in the file, no open door without being told."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from confsvc.secret import ConfigError
from confsvc.settings import load


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def _mistakes(path: Path) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        load(path)
    return {m.where: f"{m.what}. {m.mend}" for m in caught.value.mistakes}


def test_the_commented_file_is_the_default() -> None:
    settings = load(Path(__file__).parents[2] / "config.toml")
    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.bridges == []
    assert settings.maildir == Path("var/mail")


def test_all_mistakes_are_told_at_once(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONFSVC_SERVICE__PORT", "many")
    monkeypatch.setenv("CONFSVC_SERVIC__HOST", "x")
    config.write_text(
        """
        [service]
        prot = 1
        [mail.smtp]
        host = "mail"
        password = "hunter2"
        [policy]
        min_notice_days = -1
        """
    )
    found = _mistakes(config)
    assert {"environment CONFSVC_SERVICE__PORT", "environment CONFSVC_SERVIC__HOST", "service.prot"} <= set(found)
    assert "min_notice_days" in str(found)
    assert "password_file" in found["mail.smtp.password"]
    assert "hunter2" not in str(found)


def test_the_second_look_finds_what_does_not_fit(config: Path) -> None:
    config.write_text(
        """
        [service]
        host = "0.0.0.0"
        [database]
        url = "postgresql://u:secret@db/x"
        [times]
        endpoint_lead = 61
        grace = 9999
        wrong = 3
        [[bridges]]
        name = "a"
        base_url = "https://meet.example"
        muc_domain = "conference.meet.example"
        secret_file = "/nowhere/secret"
        """
    )
    found = _mistakes(config)
    assert set(found) == {
        "service.host", "database.url", "times.wrong", "times.endpoint_lead", "times.grace",
        "bridges.a.secret_file",
        "bridges.a.callback_secret_file",
    }  # fmt: skip
    assert "TLS" in found["service.host"]


@pytest.mark.parametrize(
    "line", ['public_url = "https://hop.example"', 'trusted_proxies = ["10.0.0.0/8"]', "allow_plain_http = true"]
)
def test_other_machines_are_served_when_told(config: Path, line: str) -> None:
    config.write_text(f'[service]\nhost = "0.0.0.0"\n{line}\n')
    assert load(config).service.host == "0.0.0.0"


def test_the_command_line_wins_over_the_environment(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text('[service]\nport = 1000\nhost = "127.0.0.2"\noperator_phone = "1"\n')
    monkeypatch.setenv("CONFSVC_SERVICE__PORT", "2000")
    monkeypatch.setenv("CONFSVC_SERVICE__HOST", "127.0.0.3")
    service = load(config, overrides={"service": {"port": 3000}}).service
    assert (service.port, service.host, service.operator_phone) == (3000, "127.0.0.3", "1")


def test_quickstart_makes_a_simulated_host_with_secrets_of_its_own(config: Path, tmp_path: Path) -> None:
    config.write_text("")
    over = {"service": {"port": 9000, "var": str(tmp_path / "var")}}
    first, second = (load(config, quickstart=True, overrides=over) for _ in range(2))
    bridge = first.bridges[0]
    assert bridge.base_url == "http://127.0.0.1:9001"
    assert first.simulated
    assert bridge.secret == second.bridges[0].secret != bridge.callback_secret
    assert bridge.secret_file is not None
    assert stat.S_IMODE(bridge.secret_file.stat().st_mode) == 0o600


def test_a_password_is_put_into_the_database_address(config: Path, tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("p@ss\n")
    config.write_text(f'[database]\nurl = "postgresql://u@db/x"\npassword_file = "{tmp_path / "pw"}"\n')
    assert load(config).database_url == "postgresql://u:p%40ss@db/x"


def test_a_misspelt_name_hides_no_other_mistake(config: Path) -> None:
    config.write_text(
        """
        [service]
        host = "0.0.0.0"
        prot = 1
        [times]
        grace = 500
        [[bridges]]
        name = "chinh"
        base_url = "https://meet.example"
        muc_domain = "conference.meet.example"
        """
    )
    assert {"service.prot", "service.host", "times.grace", "bridges.chinh.secret_file"} <= set(_mistakes(config))


def test_jobs_are_left_to_another_process_only_where_there_can_be_one(config: Path) -> None:
    config.write_text("[service]\njobs = false\n")
    assert "--without-jobs" in _mistakes(config)["service.jobs"]
    config.write_text('[service]\njobs = false\n[database]\nurl = "postgresql://u@db/x"\n')
    assert load(config).service.jobs is False
