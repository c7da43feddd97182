"""What an installation is made from: exact pins that fit pyproject.toml, and lock files that name no host."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pins(*names: str) -> dict[str, str]:
    lines = [line for name in names for line in (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()]
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


@pytest.mark.parametrize(
    ("wanted", "files"),
    [
        (PROJECT["project"]["dependencies"], ["run.txt"]),
        (PROJECT["dependency-groups"]["test"], ["run.txt", "test.txt"]),
        (PROJECT["dependency-groups"]["check"], ["run.txt", "check.txt"]),
    ],
)
def test_every_requirement_is_pinned_to_a_version_that_fits(wanted: list[str], files: list[str]) -> None:
    pinned = pins(*files)
    for requirement in map(Requirement, wanted):
        version = pinned.get(requirement.name.lower().replace("_", "-"))
        assert version, f"{requirement.name} is not pinned: make pins"
        assert requirement.specifier.contains(version), f"{requirement} does not allow the pinned {version}"


def test_the_pins_are_only_names_and_versions() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert line.startswith("#") or line.count("==") == 1, line
            assert "//" not in line


def test_the_npm_lock_names_no_host_and_pins_htmx_exactly() -> None:
    text = (ROOT / "frontend" / "package-lock.json").read_text(encoding="utf-8")
    assert "://" not in text
    packages = json.loads(text)["packages"]
    assert packages[""]["dependencies"]["htmx.org"] == packages["node_modules/htmx.org"]["version"]
    assert all(entry.get("integrity") for name, entry in packages.items() if name)


def test_the_build_left_compressed_siblings_within_the_promised_weights() -> None:
    dist = ROOT / "confsvc" / "web" / "static" / "dist"
    manifest = json.loads((dist / "manifest.json").read_text(encoding="utf-8"))
    for hashed in manifest.values():
        assert (dist / f"{hashed}.gz").stat().st_size > 0
        assert (dist / f"{hashed}.br").stat().st_size > 0
    assert (dist / f"{manifest['app.css']}.gz").stat().st_size <= 8 * 1024
    assert (dist / f"{manifest['app.js']}.gz").stat().st_size <= 30 * 1024
    assert "htmx.org" in (dist / "LICENSES.txt").read_text(encoding="utf-8")
