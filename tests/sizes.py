"""Fails when a file has more than 250 lines or a function more than 40, unless it is listed here with a reason.

Run by `make check`. Tests, migrations and generated files are not counted.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
MOST_FILE_LINES = 250
MOST_FUNCTION_LINES = 40

# "path" or "path:function" -> why it may be longer
REASONS: dict[str, str] = {"confsvc/web/routes.py": "the whole URL map stands on one page"}


def main() -> int:
    found = dict(too_long())
    for name, lines in sorted(found.items()):
        if name not in REASONS:
            print(f"{name}: {lines} lines; split it by noun, or give the reason in tests/sizes.py")
    stale = sorted(set(REASONS) - set(found))
    for name in stale:
        print(f"{name}: is short enough now; take it out of tests/sizes.py")
    return 1 if stale or set(found) - set(REASONS) else 0


def too_long() -> Iterator[tuple[str, int]]:
    """Each file and function beyond the limits, with its number of lines."""
    for path in tracked("*.py", "*.js", "*.mjs", "*.html", "*.css"):
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(("tests/", "frontend/tests/")) or "/versions/" in name:
            continue
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > MOST_FILE_LINES:
            yield name, text.count("\n")
        if path.suffix == ".py":
            yield from long_functions(name, ast.parse(text))


def long_functions(name: str, tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MOST_FUNCTION_LINES:
                yield f"{name}:{node.name}", lines


def tracked(*patterns: str) -> list[Path]:
    command = ["git", "ls-files", "-co", "--exclude-standard", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


if __name__ == "__main__":
    sys.exit(main())
