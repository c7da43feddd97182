"""Writes the exact pins: run.txt, test.txt, check.txt and tools.txt from what pyproject.toml asks for.

`make pins` runs it. pip resolves; the files name versions only, no index and no host.
`python requirements/resolve.py constraints.txt` keeps to the versions of that file.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).parent


def main(constraints: list[str]) -> None:
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    run = project["project"]["dependencies"]
    groups = project["dependency-groups"]
    pinned_run = resolve(run, constraints)
    write("run.txt", "what the service needs", pinned_run)
    for name, purpose in (
        ("test", "what make test needs besides run.txt"), ("check", "what make check needs"),
        ("tools", "what the scripts in tools/ need"),
    ):  # fmt: skip
        pinned = resolve([*run, *groups[name]], constraints)
        write(f"{name}.txt", purpose, {k: v for k, v in pinned.items() if k not in pinned_run})


def resolve(wanted: list[str], constraints: list[str]) -> dict[str, str]:
    """Name -> version of everything that `wanted` pulls in, as pip would install it now."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-"]
    for path in constraints:
        command += ["--constraint", path]
    report = json.loads(subprocess.run([*command, *wanted], capture_output=True, text=True, check=True).stdout)
    found = [item["metadata"] for item in report["install"]]
    return dict(sorted((each["name"].lower().replace("_", "-"), each["version"]) for each in found))


def write(name: str, purpose: str, pinned: dict[str, str]) -> None:
    lines = [f"# {purpose}; written by requirements/resolve.py (make pins)", *(f"{k}=={v}" for k, v in pinned.items())]
    (HERE / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
