"""A plan on the command line: dry run, booking as a person, the same file again, and getting it out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from confsvc import accounts, migrate
from confsvc.cli import main
from confsvc.cli import plans as commands
from confsvc.database import Database
from confsvc.rules import rules_of
from confsvc.settings import load
from scheduler.bridge_queries import Configured, register_bridges
from tests.confsvc.conftest import START
from tests.directory import fill

PLAN = """Ngày,Bắt đầu,Kết thúc,Tên cuộc họp,Loại cuộc họp,Điểm cầu
07/12/2026,08:00,10:00,Giao ban,Giao ban,mười huyện
07/12/2026,09:00,10:00,Họp trùng,Giao ban,LNGAN
xx,09:00,10:00,Họp sai,Giao ban,LNGAN
"""


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(commands, "now", lambda: START)
    settings = load(None, quickstart=False, overrides={"service": {"var": tmp_path / "var"}})
    settings.var.mkdir()
    database = Database(settings.database_url)
    migrate.upgrade(database)
    fill(database)
    database.write_now(register_bridges, [Configured("chinh", "https://meet.example")])
    database.write_now(accounts.add_account, "lan", "Lan", actor="cli", now=START)
    account = database.write_now(accounts.add_account, "van-thu", "Văn thư", actor="cli", now=START)
    database.write_now(accounts.add_grant, account, "booker", actor="cli", now=START)
    assert rules_of(settings, [1]).bridges == (1,)
    database.close()
    (tmp_path / "plan.csv").write_text(PLAN, encoding="utf-8")
    return settings.var


def call(var: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--var", str(var), *words])


def results(var: Path, *words: str) -> list[str]:
    answer = call(var, "import-plan", "plan.csv", "--host", "STTTT", "--json", *words)
    assert answer.exit_code == 0, answer.output
    return [row["result"] for row in json.loads(answer.stdout)["rows"]]


def test_a_plan_is_looked_at_booked_and_got_out(var: Path, tmp_path: Path) -> None:
    assert results(var, "--dry-run") == ["fits", "taken", "wrong"]
    shown = call(var, "import-plan", "plan.csv", "--host", "STTTT", "--dry-run")
    assert "Row 2 of this file comes first there." in shown.output and "1 fits, 1 taken, 1 wrong" in shown.output
    assert call(var, "import-plan", "plan.csv").exit_code == 2, "somebody has to book"
    assert results(var, "--as", "van-thu") == ["refused"] * 3, "nobody declared that there are no secrets"
    assert call(var, "import-plan", "plan.csv", "--as", "nobody").exit_code == 1
    assert call(var, "import-plan", "plan.csv", "--as", "lan", "--host", "STTTT", "--no-secrets").exit_code != 2
    assert results(var, "--as", "van-thu", "--no-secrets") == ["planned", "refused", "refused"]
    assert results(var, "--as", "van-thu", "--no-secrets") == ["planned", "refused", "refused"]
    assert results(var, "--dry-run") == ["there", "taken", "wrong"]
    for kind in ("csv", "xlsx", "ics"):
        made = call(var, "export-plan", f"out.{kind}", "--from", "2026-12-01", "--to", "2026-12-31")
        assert "» 1 meetings" in made.output and (tmp_path / f"out.{kind}").stat().st_size > 100
    assert call(var, "export-plan", "out.pdf", "--from", "2026-12-01", "--to", "2026-12-31").exit_code == 2
