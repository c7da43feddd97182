"""Explains mails through a child process with limits, kept for the next mail and replaced when one was too much.

It imports little: the command line starts with it.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from integrations.mail.explain import Explained
from integrations.mail.explain_child import LENGTH, decode
from integrations.mail.explain_parts import MOST_BYTES

_START = "import sys; sys.path.insert(0, sys.argv[1]); from integrations.mail.explain_child import main; main()"
_ROOT = Path(__file__).resolve().parent.parent
TOO_LONG = Explained("refused", "too_much_work")


class MailReader:
    """One mail at a time, from any thread; blocks for at most ``deadline`` seconds a mail.

    ``bounce_key`` and ``own_address``: as in `integrations.mail.explain.explain`.
    """

    def __init__(self, *, bounce_key: bytes = b"", own_address: str = "", deadline: float = 10.0) -> None:
        self._given = json.dumps({"bounce_key": bounce_key.hex(), "own_address": own_address}).encode() + b"\n"
        self._deadline = deadline
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def explain(self, raw: bytes) -> Explained:
        """The mail explained; one that takes too much is ``refused`` with ``too_much_work``."""
        if len(raw) > MOST_BYTES:
            return Explained("refused", "too_much_size")
        with self._lock:
            first = b"" if self._child else self._given
            child = self._child = self._child or self._start()
            timer = threading.Timer(self._deadline, child.kill)
            timer.start()
            try:
                return _ask(child, first, raw)
            except (OSError, EOFError):
                self._drop()
                return TOO_LONG
            finally:
                timer.cancel()

    def close(self) -> None:
        """End the child; the next mail starts another."""
        with self._lock:
            self._drop()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-I", "-c", _START, str(_ROOT)]
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=-1
        )

    def _drop(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def _ask(child: subprocess.Popen[bytes], first: bytes, raw: bytes) -> Explained:
    if child.stdin is None or child.stdout is None:
        raise EOFError
    child.stdin.write(first + LENGTH.pack(len(raw)) + raw)
    child.stdin.flush()
    length = LENGTH.unpack(_exactly(child.stdout, LENGTH.size))[0]
    return decode(_exactly(child.stdout, length))


def _exactly(stream: IO[bytes], length: int) -> bytes:
    """EOFError when there is less: the child has ended."""
    found = stream.read(length)
    if len(found) < length:
        raise EOFError
    return found
