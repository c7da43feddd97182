"""What README, CONTRIBUTING, docs/ and deploy/ name exists: files, links, make targets, commands, settings, addresses.

A page that names what is not there costs its reader more than a missing one.
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from pydantic import BaseModel

from confsvc.access import FUNCTION_PERMISSIONS
from confsvc.cli import main
from confsvc.config import Settings
from confsvc.web.routes import ROUTES
from scheduler.timing import LIMITS

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md"), *ROOT.glob("deploy/**/*.md")])
SHIPPED = [*PAGES, *(path for path in ROOT.glob("deploy/**/*") if path.is_file())]
TOP = ("confsvc", "rooms", "scheduler", "integrations", "tests", "docs", "deploy", "frontend", "tools", "requirements")
MADE = ("dist/", "frontend/node_modules/", "requirements/constraints.txt")  # by building, not in the repository
LARGEST_PICTURE = 150 * 1024

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())


def blocks(page: Path, *languages: str) -> Iterator[str]:
    for language, body in re.findall(r"^```(\w*)\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        if language in languages:
            yield body


def spans(page: Path) -> list[str]:
    """What stands between single backticks, outside blocks."""
    prose = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`\n]+)`", prose)


def command_lines(page: Path) -> Iterator[str]:
    """Shell lines of blocks and spans, continued lines joined, comments gone."""
    for body in blocks(page, "sh"):
        for line in body.replace("\\\n", " ").splitlines():
            yield re.sub(r"(^|\s)#\s.*", "", line)
    yield from spans(page)


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(file), f"{page.name} links to {target}"


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@every_page
def test_files_named_exist(page: Path) -> None:
    for span in spans(page):
        name = span.rstrip("/")
        if (
            not name.startswith(tuple(f"{top}/" for top in TOP))
            or name.startswith(MADE)
            or re.search(r"[\s*…<>$]", name)
        ):
            continue
        assert (ROOT / name).exists() or (page.parent / name).exists(), f"{page.name} names {span}"


@every_page
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for line in command_lines(page):
        for target in re.findall(r"(?:^|&& |; )make ([a-z-]+)", line.strip()):
            assert target in targets, f"{page.name} says make {target}"


@every_page
def test_commands_and_their_options_exist(page: Path) -> None:
    for line in command_lines(page):
        for called in re.findall(r"(?:^|&& |; |bin/|\()confsvc (.*)", line.strip()):
            check_command(called, f"{page.name}: confsvc {called}")


def check_command(called: str, where: str) -> None:
    words = shlex.split(re.split(r"&&|;|\||>", called)[0], comments=True)
    command: click.Command = main
    options = set(options_of(command))
    for word in words:
        if word.startswith("-"):
            assert word.split("=")[0] in options | {"--help", "-h", "--version"}, where
        elif isinstance(command, click.Group) and word.isascii() and re.fullmatch(r"[a-z][a-z-]+", word):
            found = command.get_command(click.Context(command), word)
            assert found is not None, where
            command, options = found, set(options_of(found))


def options_of(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            yield from (*parameter.opts, *parameter.secondary_opts)


def setting_names(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every key of the configuration with dots: service.port, mail.smtp.host, bridges.name, times.grace."""
    for name, field in model.model_fields.items():
        yield prefix + name
        for inner in inner_models(field.annotation):
            yield from setting_names(inner, f"{prefix}{name}.")
    if model is Settings:
        yield from (f"times.{name}" for name in LIMITS)


def inner_models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from inner_models(argument)


KNOWN = set(setting_names(Settings))


def keys_in(data: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in data.items():
        yield prefix + name
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict):
                yield from keys_in(part, f"{prefix}{name}.")


FREE = ("channels.sms.fields.", "channels.sms.headers.")
"""Tables whose names are the operator's."""


@every_page
def test_settings_named_exist(page: Path) -> None:
    sections = "|".join(Settings.model_fields)
    for body in blocks(page, "toml"):
        assert set(keys_in(tomllib.loads(body))) <= KNOWN
    for span in spans(page):
        if re.fullmatch(rf"({sections})(\.[a-z_]+)+", span):
            assert span in KNOWN, f"{page.name} names the setting {span}"
    for variable in re.findall(r"CONFSVC_(?!TEST)[A-Z_]+", page.read_text("utf-8")):
        assert variable.removeprefix("CONFSVC_").lower().replace("__", ".") in KNOWN, f"{page.name}: {variable}"


def test_the_shipped_configuration_shows_every_setting_and_no_other() -> None:
    text = (ROOT / "config.toml").read_text("utf-8")
    uncommented = re.sub(r"^# (?=\[|[a-z_]+ = )", "", text, flags=re.MULTILINE)
    shown = {name for name in keys_in(tomllib.loads(uncommented)) if not name.startswith(FREE)}
    assert shown <= KNOWN
    hidden = {"bridges.simulated", "bridges.key_file", "bridges.kid"}  # the last two stand in the line of algorithm
    missing = {name for name in KNOWN - shown - hidden if not name.endswith("_env")}
    assert not missing


@every_page
def test_addresses_named_exist(page: Path) -> None:
    """Spans that begin like an address of ours: /pair, /api/v1/rooms, POST /jitsi/NAME/conference."""
    patterns = [pattern_of(route.path) for route in ROUTES]
    for span in spans(page):
        found = re.fullmatch(r"(?:GET |POST |PUT |PATCH |DELETE )?(/(?:[a-z]|api/v1|jitsi)[^\s?]*)(\?\S*)?", span)
        if found is None or FOREIGN.match(found[1]) or "…" in found[1]:
            continue
        assert any(pattern.fullmatch(found[1].rstrip("/") or "/") for pattern in patterns), f"{page.name} names {span}"


def pattern_of(path: str) -> re.Pattern[str]:
    """The route's shape: a variable part is one segment, or several where its own pattern takes any sign."""
    found = re.sub(r"\{\w+(:(?:[^{}]|\{[^{}]*\})*)?\}", lambda m: ".+" if (m[1] or "")[1:2] == "." else "[^/]+", path)
    return re.compile(found)


FOREIGN = re.compile(
    r"/(etc|var|usr|opt|lib|proc|run|tmp|prosody)\b|/(jitsi|about)/($|health)|/api/v1$"
    r"|/(room-census|room-size|room|room-info|sessions|end-meeting|http-bind|xmpp-websocket)$"  # Prosody's
)


def test_the_functions_in_the_handbook_are_those_of_the_program() -> None:
    text = (ROOT / "docs/operations.md").read_text("utf-8")
    table = text[text.index("| function | may |") :]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(FUNCTION_PERMISSIONS) - {"endpoint"}


def test_metrics_named_are_measured() -> None:
    source = (ROOT / "confsvc/web/metrics.py").read_text("utf-8")
    for path in (ROOT / "docs/operations.md", ROOT / "docs/huong-dan-ky-thuat.md"):
        for name in re.findall(r"\bconfsvc_(?:[a-z]+_?)+\b", path.read_text("utf-8")):
            if name not in ("confsvc_redacted",):
                assert f'"{name.removesuffix("_total")}"' in source, name


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_registry_and_no_path_of_somebodys_machine(path: Path) -> None:
    text = path.read_text("utf-8")
    for word in ("pypi.org", "pythonhosted", "npmjs", "deb.debian.org", "proxy.golang", "/work/", "/root/", "/home/"):
        assert word not in text, f"{path.name} names {word}"


def test_units_call_commands_that_exist() -> None:
    units = list(ROOT.glob("deploy/systemd/*.service"))
    assert len(units) >= 3
    for unit in units:
        for line in re.findall(r"^ExecStart(?:Pre)?=\S*/confsvc (.*)$", unit.read_text("utf-8"), re.MULTILINE):
            check_command(line, f"{unit.name}: {line}")


def test_the_proxy_knows_the_addresses_that_need_care() -> None:
    text = (ROOT / "deploy/nginx/confsvc.conf").read_text("utf-8")
    known = {route.path for route in ROUTES}
    for exact in re.findall(r"location = (\S+)", text):
        assert exact in known
    assert any(path.startswith("/jitsi/") for path in known)
    logged = (ROOT / "deploy/nginx/redacted-log.conf").read_text("utf-8")
    for secret in ("/first-admin/", "/password/", "/j/"):
        assert any(path.startswith(secret) for path in known), secret
        assert secret.strip("/") in logged


def test_scripts_and_policies_can_be_read() -> None:
    policy = json.loads((ROOT / "deploy/kiosk/chromium-policy.json").read_text("utf-8"))
    unit = (ROOT / "deploy/kiosk/confsvc-kiosk.service").read_text("utf-8")
    address = re.search(r"(https://[^/\s]+)/kiosk$", unit, re.MULTILINE)
    assert address is not None
    assert policy["VideoCaptureAllowedUrls"] == policy["AudioCaptureAllowedUrls"] == [address[1]]
    assert address[1] in policy["URLAllowlist"]
    for script in ROOT.glob("deploy/backup/*"):
        subprocess.run(["bash", "-n", script], check=True)


def test_the_licence_is_the_whole_text() -> None:
    digest = hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest()
    assert digest == "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"


def test_pictures_are_small() -> None:
    pictures = list(ROOT.glob("docs/screenshots/*.png"))
    assert {path.stem for path in pictures} == {"today", "book", "conference", "timeline", "figures", "kiosk", "letter"}
    for path in pictures:
        assert path.stat().st_size <= LARGEST_PICTURE, path.name
