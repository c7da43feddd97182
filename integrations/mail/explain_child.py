"""Explains mails in a process of its own that has little time and memory: a mail that takes more ends it, not us.

On standard input a line of JSON with ``bounce_key`` (hex) and ``own_address``, then mail after mail, each behind its
length in eight bytes; on standard output an answer for each, JSON behind its length.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import resource
import struct
import sys
from typing import Any

from integrations.mail.explain import Explained, explain
from integrations.mail.explain_bounce import Recipient

MOST_MEMORY = 190 * 1024 * 1024
MOST_SECONDS = 1
"""Of processor time for one mail; the system counts whole seconds, so it is up to one more."""
LENGTH = struct.Struct(">Q")


def encode(explained: Explained) -> bytes:
    document = dataclasses.asdict(explained)
    if explained.calendar is not None:
        document["calendar"] = base64.b64encode(explained.calendar).decode("ascii")
    return json.dumps(document).encode("ascii")


def decode(answer: bytes) -> Explained:
    """What `encode` wrote."""
    document: dict[str, Any] = json.loads(answer)
    document["recipients"] = tuple(Recipient(**one) for one in document["recipients"])
    document["references"] = tuple(document["references"])
    if document["calendar"] is not None:
        document["calendar"] = base64.b64decode(document["calendar"])
    return Explained(**document)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    reading, writing = sys.stdin.buffer, sys.stdout.buffer
    given = json.loads(reading.readline())
    key, own = bytes.fromhex(given["bounce_key"]), str(given["own_address"])
    while head := reading.read(LENGTH.size):
        raw = reading.read(LENGTH.unpack(head)[0])
        used = resource.getrusage(resource.RUSAGE_SELF)
        soft = int(used.ru_utime + used.ru_stime) + 1 + MOST_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))
        answer = encode(explain(raw, bounce_key=key, own_address=own))
        writing.write(LENGTH.pack(len(answer)) + answer)
        writing.flush()


if __name__ == "__main__":
    main()
