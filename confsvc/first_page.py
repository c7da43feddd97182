"""The text of a PDF's first page, read in a process of its own: run as a program with the file on standard input.

A file of some kilobytes can keep the reader busy for hours or make it take all memory, so the process has little of
both and is not missed when it dies. It imports nothing of ours, so it starts fast.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from io import BytesIO

from pypdf import PdfReader

MOST_SECONDS = 5
MOST_MEMORY = 768 * 1024 * 1024
MOST_TEXT = 20_000


def first_page_text(content: bytes) -> str | None:
    """The text of the first page, at most MOST_TEXT signs; None when there is none or it cannot be read with what a
    reader may take. Blocks for at most twice MOST_SECONDS."""
    command = [sys.executable, "-I", __file__]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=2 * MOST_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return None
    text = done.stdout.decode(errors="replace") if done.returncode == 0 else ""
    return text if text.strip() else None


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    text = PdfReader(BytesIO(sys.stdin.buffer.read())).pages[0].extract_text()
    sys.stdout.buffer.write(text[:MOST_TEXT].encode(errors="replace"))


if __name__ == "__main__":
    main()
